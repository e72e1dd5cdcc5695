using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>RMSprop (Tieleman and Hinton 2012; centered: Graves 2013), as <c>torch.optim.RMSprop</c> computes it: weight decay is added to the gradient.</summary>
public sealed record RmsPropOptions : RuleOptions
{
    public RmsPropOptions() => LearningRate = 0.01;

    [Description("Decay of the running mean of squared gradients.")]
    [Range(0, 0.999999)]
    public double Alpha { get; init; } = 0.99;

    [Description("Added to the root.")]
    [Range(1e-30, 1)]
    public double Eps { get; init; } = 1e-8;

    [Description("Divide by the deviation from the mean gradient instead of its size.")]
    [ShapesState]
    public bool Centered { get; init; }

    [Description("Share of the last direction that is kept.")]
    [Range(0, 0.999999)]
    [ShapesState]
    public double Momentum { get; init; }

    public override string Type => "rmsprop";

    public override double NumbersPerWeight => 1 + (Centered ? 1 : 0) + (Momentum > 0 ? 1 : 0);

    internal override IUpdateRule Create(ParameterSet set) => new ElementRule<Step>(set,
        [.. (string[])["square_avg"], .. Centered ? (string[])["grad_avg"] : [], .. Momentum > 0 ? (string[])["momentum_buffer"] : []], (_, _) => new(this));

    private readonly unsafe struct Step(RmsPropOptions options) : IElementStep<Step>
    {
        private readonly bool _centered = options.Centered;
        private readonly bool _buffered = options.Momentum > 0;
        private readonly double _decay = options.WeightDecay;
        private readonly float _alpha = (float)options.Alpha;
        private readonly float _oneMinusAlpha = (float)(1 - options.Alpha);
        private readonly float _epsilon = (float)options.Eps;
        private readonly float _momentum = (float)options.Momentum;

        private float Added { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Added = decays ? (float)_decay : 0, MinusRate = (float)-rate };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            var v = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusAlpha), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Splat(_alpha), TLanes.Load(states.First + at)));
            TLanes.Store(v, states.First + at);
            if (_centered)
            {
                var mean = TLanes.Load(states.Second + at);
                mean = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusAlpha), TLanes.Subtract(g, mean), mean);
                TLanes.Store(mean, states.Second + at);
                // Rounding may leave a variance of nothing below 0.
                v = TLanes.Max(TLanes.Subtract(v, TLanes.Multiply(mean, mean)), TLanes.Splat(0));
            }
            var direction = TLanes.Divide(g, TLanes.Add(TLanes.Sqrt(v), TLanes.Splat(_epsilon)));
            if (_buffered)
            {
                var buffer = (_centered ? states.Third : states.Second) + at;
                direction = TLanes.FusedMultiplyAdd(TLanes.Splat(_momentum), TLanes.Load(buffer), direction);
                TLanes.Store(direction, buffer);
            }
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), direction, w);
        }
    }
}
