using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// AdamW that finds its rate: d grows with how far the weights have come along their gradients (Mishchenko and Defazio 2024, "Prodigy", algorithm 4). One d for all
/// parameters of the rule. The learning rate multiplies d and is 1, with any schedule. Two passes over memory, as d must be known before anything moves.
/// </summary>
public sealed record ProdigyOptions : MomentsOptions
{
    public ProdigyOptions() => (LearningRate, WeightDecay) = (1, 0.1);

    [Description("Decay of the sums that d is estimated from. Default: the root of adam_beta2.")]
    [Range(0, 0.9999999)]
    public double? Beta3 { get; init; }

    [Description("What d begins with; far below any rate that would do.")]
    [Range(1e-12, 1)]
    public double D0 { get; init; } = 1e-6;

    [Description("Multiplies the estimate of d.")]
    [Range(1e-6, 1e6)]
    public double DCoef { get; init; } = 1;

    [Description("The largest growth of d in a step. Default: any.")]
    [Range(1.0, 1e9)]
    public double? GrowthRate { get; init; }

    [Description("Whether the moments are corrected for their start at 0.")]
    public bool UseBiasCorrection { get; init; }

    [Description("Leave the schedule out of the estimate, so that a warm-up does not make d large.")]
    public bool SafeguardWarmup { get; init; }

    public override string Type => "prodigy";

    public override double NumbersPerWeight => 4;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed unsafe class Rule : IUpdateRule
    {
        private const int D = 0, Largest = 1, Numerator = 2;

        private readonly ParameterSet _set;
        private readonly ProdigyOptions _options;
        private readonly Tensor[][] _states;
        private readonly SharedNumbers _shared;

        public Rule(ParameterSet set, ProdigyOptions options)
        {
            (_set, _options) = (set, options);
            _shared = new(("d", options.D0), ("d_max", options.D0), ("d_numerator", 0));
            _states = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, set.Count).Select(set.NewState).ToArray())];
            using var guard = no_grad();
            for (var i = 0; i < set.Count; i++)
            {
                _states[3][i].copy_(set.Master(i));
                ref var block = ref set.Blocks[i];
                block.First = (float*)TensorPointers.Data(_states[0][i]);
                block.Second = (float*)TensorPointers.Data(_states[1][i]);
                block.Third = (float*)TensorPointers.Data(_states[2][i]);
                block.Scratch = TensorPointers.Data(_states[3][i]);
            }
        }

        public IEnumerable<(string Name, Tensor Tensor)> Shared => _shared.State;

        public void Step(long step, double learningRate, double gradientScale)
        {
            var d = _shared[D];
            var beta3 = _options.Beta3 ?? Math.Sqrt(_options.AdamBeta2);
            var correction = _options.UseBiasCorrection ? Math.Sqrt(1 - Math.Pow(_options.AdamBeta2, step)) / (1 - Math.Pow(_options.AdamBeta1, step)) : 1;
            var rate = d * learningRate * correction;
            if (!(rate > 0)) return;
            var pass = new Pass(_options, gradientScale, d, rate, beta3);
            SliceLoop.For(_set.SliceCount, new Body(_set, pass));
            var (distance, length) = (0.0, 0.0);
            for (var i = 0; i < _set.SliceCount; i++) (distance, length) = (distance + _set.Partials[i], length + _set.SecondPartials[i]);
            _shared[Numerator] = _shared[Numerator] * beta3 + d / _options.D0 * rate * distance;
            if (length == 0) return;
            var estimate = _options.DCoef * _shared[Numerator] / length;
            if (d == _options.D0) d = Math.Max(d, estimate);
            _shared[Largest] = Math.Max(_shared[Largest], estimate);
            _shared[D] = Math.Min(_shared[Largest], d * (_options.GrowthRate ?? double.PositiveInfinity));
            SliceLoop.For(_set.SliceCount, new Body(_set, pass with { Moves = true, Epsilon = (float)(_shared[D] * _options.AdamEpsilon) }));
        }

        public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) =>
            [("exp_avg", _states[0][parameter]), ("exp_avg_sq", _states[1][parameter]), ("s", _states[2][parameter]), ("p0", _states[3][parameter])];

        public void Dispose()
        {
            foreach (var tensor in _states.SelectMany(s => s)) tensor.Dispose();
            _shared.Dispose();
        }

        private readonly struct Body(ParameterSet set, Pass pass) : ISliceBody
        {
            public void Run(int index) => pass.Run(set, index);
        }
    }

    /// <summary>The first pass moves the moments and sums what d is estimated from; the second moves the weights.</summary>
    private readonly unsafe struct Pass(ProdigyOptions options, double gradientScale, double d, double rate, double beta3)
    {
        private readonly double _rate = rate;
        private readonly double _decay = options.WeightDecay;
        private readonly float _gradientScale = (float)gradientScale;
        private readonly float _beta1 = (float)options.AdamBeta1;
        private readonly float _ofGradient = (float)(d * (1 - options.AdamBeta1));
        private readonly float _beta2 = (float)options.AdamBeta2;
        private readonly float _ofSquare = (float)(d * d * (1 - options.AdamBeta2));
        private readonly float _beta3 = (float)beta3;
        private readonly float _ofSum = (float)(d / options.D0 * (options.SafeguardWarmup ? d : rate));

        public bool Moves { get; init; }

        public float Epsilon { get; init; }

        public void Run(ParameterSet set, int index)
        {
            ref var slice = ref set.Slices[index];
            ref var block = ref set.Blocks[slice.Parameter];
            var sums = stackalloc double[2 * LaneSums.Memory];
            new Span<double>(sums, 2 * LaneSums.Memory).Clear();
            if (block.Gradient is not null)
            {
                var whole = slice.Count / LaneSums.Width * LaneSums.Width;
                if (Moves)
                {
                    Apply<Lanes256, Vector256<float>>(block, slice.Offset, whole);
                    Apply<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole);
                }
                else
                {
                    Measure<Lanes256, Vector256<float>>(block, slice.Offset, whole, sums);
                    Measure<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole, sums);
                }
            }
            (set.Partials[index], set.SecondPartials[index]) = (LaneSums.Total(sums), LaneSums.Total(sums + LaneSums.Memory));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Measure<TLanes, T>(in ParameterBlock block, long offset, int count, double* sums)
            where TLanes : ILanes<T>
            where T : struct
        {
            var (scale, one) = (TLanes.Splat(_gradientScale), TLanes.Splat(1));
            for (var i = offset; i < offset + count; i += TLanes.Count)
            {
                var g = TLanes.Multiply(block.GradientIsBFloat16 ? TLanes.LoadBFloat16((ushort*)block.Gradient + i) : TLanes.Load((float*)block.Gradient + i), scale);
                var m = TLanes.FusedMultiplyAdd(TLanes.Splat(_beta1), TLanes.Load(block.First + i), TLanes.Multiply(TLanes.Splat(_ofGradient), g));
                var v = TLanes.FusedMultiplyAdd(TLanes.Splat(_ofSquare), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Splat(_beta2), TLanes.Load(block.Second + i)));
                var s = TLanes.FusedMultiplyAdd(TLanes.Splat(_beta3), TLanes.Load(block.Third + i), TLanes.Multiply(TLanes.Splat(_ofSum), g));
                TLanes.Store(m, block.First + i);
                TLanes.Store(v, block.Second + i);
                TLanes.Store(s, block.Third + i);
                LaneSums.AddProduct<TLanes, T>(sums, g, TLanes.Subtract(TLanes.Load((float*)block.Scratch + i), TLanes.Load(block.Master + i)));
                LaneSums.AddProduct<TLanes, T>(sums + LaneSums.Memory, TLanes.Abs(s), one);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Apply<TLanes, T>(in ParameterBlock block, long offset, int count)
            where TLanes : ILanes<T>
            where T : struct
        {
            var rate = _rate * block.RateFactor;
            var (kept, minusRate, epsilon) = (TLanes.Splat(block.Decays ? (float)(1 - rate * _decay) : 1), TLanes.Splat((float)-rate), TLanes.Splat(Epsilon));
            for (var i = offset; i < offset + count; i += TLanes.Count)
            {
                var direction = TLanes.Divide(TLanes.Load(block.First + i), TLanes.Add(TLanes.Sqrt(TLanes.Load(block.Second + i)), epsilon));
                var w = TLanes.FusedMultiplyAdd(minusRate, direction, TLanes.Multiply(TLanes.Load(block.Master + i), kept));
                TLanes.Store(w, block.Master + i);
                if (block.Compute is not null) TLanes.StoreBFloat16(w, block.Compute + i);
            }
        }
    }
}
