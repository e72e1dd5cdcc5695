using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Adam's direction, decay added, at the length of the weights of its tensor (You et al. 2020, "LAMB"): for large batches. Two passes over memory, as the length must be known
/// before anything moves.
/// </summary>
public sealed record LambOptions : MomentsOptions
{
    public LambOptions() => (AdamEpsilon, WeightDecay) = (1e-6, 0.01);

    [Description("The longest length of weights that counts.")]
    [Range(1e-6, 1e9)]
    public double ClampValue { get; init; } = 10;

    [Description("Whether the moments are corrected for their start at 0; the paper's third version does not.")]
    public bool Debias { get; init; }

    public override string Type => "lamb";

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed unsafe class Rule : IUpdateRule
    {
        private readonly ParameterSet _set;
        private readonly LambOptions _options;
        private readonly Tensor[] _first;
        private readonly Tensor[] _second;
        private readonly double[] _trust;
        private readonly double[] _weights;

        public Rule(ParameterSet set, LambOptions options)
        {
            (_set, _options) = (set, options);
            _first = [.. Enumerable.Range(0, set.Count).Select(set.NewState)];
            _second = [.. Enumerable.Range(0, set.Count).Select(set.NewState)];
            (_trust, _weights) = (new double[set.Count], new double[set.Count]);
            for (var i = 0; i < set.Count; i++)
            {
                set.Blocks[i].First = (float*)TensorPointers.Data(_first[i]);
                set.Blocks[i].Second = (float*)TensorPointers.Data(_second[i]);
            }
        }

        public void Step(long step, double learningRate, double gradientScale)
        {
            SliceLoop.For(_set.SliceCount, new Body(this, new Pass(_options, gradientScale, null)));
            Array.Clear(_trust);
            Array.Clear(_weights);
            for (var i = 0; i < _set.SliceCount; i++)
            {
                _weights[_set.Slices[i].Parameter] += _set.Partials[i];
                _trust[_set.Slices[i].Parameter] += _set.SecondPartials[i];
            }
            var correction = _options.Debias ? Math.Sqrt(1 - Math.Pow(_options.AdamBeta2, step)) / (1 - Math.Pow(_options.AdamBeta1, step)) : 1;
            for (var i = 0; i < _trust.Length; i++)
            {
                var (weights, direction) = (Math.Min(Math.Sqrt(_weights[i]), _options.ClampValue), Math.Sqrt(_trust[i]));
                _trust[i] = -learningRate * _set[i].LearningRateFactor * correction * (weights == 0 || direction == 0 ? 1 : weights / direction);
            }
            SliceLoop.For(_set.SliceCount, new Body(this, new Pass(_options, gradientScale, _trust)));
        }

        public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) => [("exp_avg", _first[parameter]), ("exp_avg_sq", _second[parameter])];

        public void Dispose()
        {
            foreach (var tensor in _first.Concat(_second)) tensor.Dispose();
        }

        private readonly struct Body(Rule rule, Pass pass) : ISliceBody
        {
            public void Run(int index) => pass.Run(rule._set, index);
        }
    }

    /// <summary>The first pass moves the moments and sums the squares of weights and direction; the second makes the direction anew and takes it.</summary>
    private readonly unsafe struct Pass(LambOptions options, double gradientScale, double[]? rates)
    {
        private readonly float _gradientScale = (float)gradientScale;
        private readonly float _decay = (float)options.WeightDecay;
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _beta2 = (float)options.AdamBeta2;
        private readonly float _oneMinusBeta2 = (float)(1 - options.AdamBeta2);
        private readonly float _epsilon = (float)options.AdamEpsilon;

        public void Run(ParameterSet set, int index)
        {
            ref var slice = ref set.Slices[index];
            ref var block = ref set.Blocks[slice.Parameter];
            var sums = stackalloc double[2 * LaneSums.Memory];
            new Span<double>(sums, 2 * LaneSums.Memory).Clear();
            if (block.Gradient is not null)
            {
                var whole = slice.Count / LaneSums.Width * LaneSums.Width;
                if (rates is null)
                {
                    Measure<Lanes256, Vector256<float>>(block, slice.Offset, whole, sums);
                    Measure<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole, sums);
                }
                else
                {
                    Apply<Lanes256, Vector256<float>>(block, slice.Offset, whole, (float)rates[slice.Parameter]);
                    Apply<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole, (float)rates[slice.Parameter]);
                }
            }
            (set.Partials[index], set.SecondPartials[index]) = (LaneSums.Total(sums), LaneSums.Total(sums + LaneSums.Memory));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Measure<TLanes, T>(in ParameterBlock block, long offset, int count, double* sums)
            where TLanes : ILanes<T>
            where T : struct
        {
            var scale = TLanes.Splat(_gradientScale);
            for (var i = offset; i < offset + count; i += TLanes.Count)
            {
                var g = TLanes.Multiply(block.GradientIsBFloat16 ? TLanes.LoadBFloat16((ushort*)block.Gradient + i) : TLanes.Load((float*)block.Gradient + i), scale);
                var m = TLanes.Load(block.First + i);
                m = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusBeta1), TLanes.Subtract(g, m), m);
                var v = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusBeta2), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Splat(_beta2), TLanes.Load(block.Second + i)));
                TLanes.Store(m, block.First + i);
                TLanes.Store(v, block.Second + i);
                var w = TLanes.Load(block.Master + i);
                var direction = Direction<TLanes, T>(w, m, v, block.Decays);
                LaneSums.AddProduct<TLanes, T>(sums, w, w);
                LaneSums.AddProduct<TLanes, T>(sums + LaneSums.Memory, direction, direction);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Apply<TLanes, T>(in ParameterBlock block, long offset, int count, float minusRate)
            where TLanes : ILanes<T>
            where T : struct
        {
            for (var i = offset; i < offset + count; i += TLanes.Count)
            {
                var w = TLanes.Load(block.Master + i);
                w = TLanes.FusedMultiplyAdd(TLanes.Splat(minusRate), Direction<TLanes, T>(w, TLanes.Load(block.First + i), TLanes.Load(block.Second + i), block.Decays), w);
                TLanes.Store(w, block.Master + i);
                if (block.Compute is not null) TLanes.StoreBFloat16(w, block.Compute + i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T Direction<TLanes, T>(T w, T m, T v, bool decays)
            where TLanes : ILanes<T>
            where T : struct =>
            TLanes.FusedMultiplyAdd(TLanes.Splat(decays ? _decay : 0), w, TLanes.Divide(m, TLanes.Add(TLanes.Sqrt(v), TLanes.Splat(_epsilon))));
    }
}
