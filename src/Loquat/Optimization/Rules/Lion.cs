using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>The sign of an interpolated momentum (Chen et al. 2023, "Lion", algorithm 2), with decoupled weight decay.</summary>
public sealed record LionOptions : RuleOptions
{
    public LionOptions() => (LearningRate, WeightDecay) = (1e-4, 0.1);

    [Description("Share of the momentum in the direction.")]
    [Range(0, 0.999999)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Description("Share of the momentum that is kept.")]
    [Range(0, 0.9999999)]
    public double AdamBeta2 { get; init; } = 0.99;

    public override string Type => "lion";

    public override double NumbersPerWeight => 1;

    internal override IUpdateRule Create(ParameterSet set) => new ElementRule<Step>(set, ["exp_avg"], (_, _) => new(this));

    private readonly unsafe struct Step(LionOptions options) : IElementStep<Step>
    {
        private readonly double _decay = options.WeightDecay;
        private readonly float _beta1 = (float)options.AdamBeta1;
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _beta2 = (float)options.AdamBeta2;
        private readonly float _oneMinusBeta2 = (float)(1 - options.AdamBeta2);

        private float Kept { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Kept = decays ? (float)(1 - rate * _decay) : 1, MinusRate = (float)-rate };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            var m = TLanes.Load(states.First + at);
            var direction = TLanes.Sign(TLanes.FusedMultiplyAdd(TLanes.Splat(_beta1), m, TLanes.Multiply(TLanes.Splat(_oneMinusBeta1), g)));
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Splat(_beta2), m, TLanes.Multiply(TLanes.Splat(_oneMinusBeta2), g)), states.First + at);
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), direction, TLanes.Multiply(w, TLanes.Splat(Kept)));
        }
    }
}
