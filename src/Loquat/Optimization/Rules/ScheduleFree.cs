using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// What the Schedule-Free rules share (Defazio et al. 2024, algorithm 1): gradients are taken at y, between z, which moves by plain steps, and x, the average of all z, which
/// is evaluated and saved. Weight decay is taken at y.
/// </summary>
public abstract record ScheduleFreeOptions : RuleOptions
{
    [Description("How near to the average x the gradient is taken, 1 being there.")]
    [Range(1e-6, 0.999999)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Description("Steps of rising rate; the schedule should then be constant.")]
    [Range(0, 1e12)]
    public long WarmupSteps { get; init; }

    [Description("Step t weighs t to this power in the average.")]
    [Range(0, 100)]
    public double R { get; init; }

    [Description("A step weighs the largest rate so far to this power in the average.")]
    [Range(0, 100)]
    public double WeightLrPower { get; init; } = 2;

    public override bool Averages => true;

    internal abstract double Beta2 { get; }

    internal abstract double Epsilon { get; }

    /// <summary>Whether the direction is divided by the root of the second moment.</summary>
    internal abstract bool Normalizes { get; }

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule : ElementRule<Step>
    {
        private readonly ScheduleFreeOptions _options;
        private readonly SharedNumbers _shared = new(("weight_sum", 0), ("lr_max", -1));

        public Rule(ParameterSet set, ScheduleFreeOptions options)
            : base(set, options.Normalizes ? ["z", "exp_avg_sq"] : ["z"], (_, _) => default)
        {
            _options = options;
            using var guard = no_grad();
            for (var i = 0; i < set.Count; i++) this[0, i].copy_(set.Master(i));
        }

        public override IEnumerable<(string Name, Tensor Tensor)> Shared => _shared.State;

        public override void Step(long step, double learningRate, double gradientScale)
        {
            var rate = learningRate * (step < _options.WarmupSteps ? (double)step / _options.WarmupSteps : 1);
            _shared[1] = Math.Max(rate, _shared[1]);
            var weight = Math.Pow(step, _options.R) * Math.Pow(_shared[1], _options.WeightLrPower);
            _shared[0] += weight;
            Run(new Step(_options, step, _shared[0] == 0 ? 0 : weight / _shared[0]), rate, gradientScale);
        }

        public override Tensor? Averaged(int parameter) => Set.Master(parameter).lerp(this[0, parameter], 1 - 1 / _options.AdamBeta1);

        public override void Dispose()
        {
            _shared.Dispose();
            base.Dispose();
        }
    }

    private readonly unsafe struct Step(ScheduleFreeOptions options, long step, double share) : IElementStep<Step>
    {
        private readonly bool _normalizes = options.Normalizes;
        private readonly double _decay = options.WeightDecay;
        private readonly double _ofY = options.AdamBeta1 * (1 - share) - 1;
        private readonly float _share = (float)share;
        private readonly float _beta2 = (float)options.Beta2;
        private readonly float _oneMinusBeta2 = (float)(1 - options.Beta2);
        private readonly float _inverseRootCorrection2 = options.Normalizes ? (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step))) : 1;
        private readonly float _epsilon = (float)options.Epsilon;

        private float Added { get; init; }

        private float MinusRate { get; init; }

        private float OfY { get; init; }

        public Step For(double rate, bool decays) => this with { Added = decays ? (float)_decay : 0, MinusRate = (float)-rate, OfY = (float)(rate * _ofY) };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            if (_normalizes)
            {
                var v = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusBeta2), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Splat(_beta2), TLanes.Load(states.Second + at)));
                TLanes.Store(v, states.Second + at);
                g = TLanes.Divide(g, TLanes.FusedMultiplyAdd(TLanes.Sqrt(v), TLanes.Splat(_inverseRootCorrection2), TLanes.Splat(_epsilon)));
            }
            g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            var z = TLanes.Load(states.First + at);
            w = TLanes.FusedMultiplyAdd(TLanes.Splat(_share), TLanes.Subtract(z, w), w);
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), g, z), states.First + at);
            return TLanes.FusedMultiplyAdd(TLanes.Splat(OfY), g, w);
        }
    }
}

/// <summary>Schedule-Free AdamW.</summary>
public sealed record ScheduleFreeAdamWOptions : ScheduleFreeOptions
{
    public ScheduleFreeAdamWOptions() => (LearningRate, WeightDecay) = (2.5e-3, 0.1);

    [Description("Decay of the running mean of squared gradients.")]
    [Range(0, 0.9999999)]
    public double AdamBeta2 { get; init; } = 0.999;

    [Description("Added to the root of the second moment.")]
    [Range(1e-30, 1)]
    public double AdamEpsilon { get; init; } = 1e-8;

    public override string Type => "schedule_free_adamw";

    internal override double Beta2 => AdamBeta2;

    internal override double Epsilon => AdamEpsilon;

    internal override bool Normalizes => true;
}

/// <summary>Schedule-Free SGD.</summary>
public sealed record ScheduleFreeSgdOptions : ScheduleFreeOptions
{
    public ScheduleFreeSgdOptions() => LearningRate = 1;

    public override string Type => "schedule_free_sgd";

    public override double NumbersPerWeight => 1;

    internal override double Beta2 => 0;

    internal override double Epsilon => 0;

    internal override bool Normalizes => false;
}
