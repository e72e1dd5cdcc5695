using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>Adam with the largest gradient in place of the second moment (Kingma and Ba 2015, section 7.1), as <c>torch.optim.Adamax</c> computes it: epsilon stands inside the maximum, weight decay is added to the gradient.</summary>
public sealed record AdamaxOptions : MomentsOptions
{
    public AdamaxOptions() => LearningRate = 2e-3;

    public override string Type => "adamax";

    internal override IUpdateRule Create(ParameterSet set) => new ElementRule<Step>(set, ["exp_avg", "exp_inf"], (step, _) => new(this, step));

    private readonly unsafe struct Step(AdamaxOptions options, long step) : IElementStep<Step>
    {
        private readonly double _decay = options.WeightDecay;
        private readonly double _inverseCorrection1 = 1 / (1 - Math.Pow(options.AdamBeta1, step));
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _beta2 = (float)options.AdamBeta2;
        private readonly float _epsilon = (float)options.AdamEpsilon;

        private float Added { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Added = decays ? (float)_decay : 0, MinusRate = (float)(-rate * _inverseCorrection1) };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            var m = TLanes.Load(states.First + at);
            m = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusBeta1), TLanes.Subtract(g, m), m);
            var largest = TLanes.Max(TLanes.Multiply(TLanes.Splat(_beta2), TLanes.Load(states.Second + at)), TLanes.Add(TLanes.Abs(g), TLanes.Splat(_epsilon)));
            TLanes.Store(m, states.First + at);
            TLanes.Store(largest, states.Second + at);
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), TLanes.Divide(m, largest), w);
        }
    }
}
