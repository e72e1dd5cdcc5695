using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>Stochastic gradient descent with momentum (Sutskever et al. 2013), as <c>torch.optim.SGD</c> computes it: weight decay is added to the gradient.</summary>
public sealed record SgdOptions : RuleOptions
{
    public SgdOptions() => LearningRate = 0.1;

    [Description("Share of the last direction that is kept.")]
    [Range(0, 0.999999)]
    [ShapesState]
    public double Momentum { get; init; }

    [Description("Share of the gradient that the momentum leaves out.")]
    [Range(0, 1)]
    public double Dampening { get; init; }

    [Description("Look one step of momentum ahead.")]
    public bool Nesterov { get; init; }

    public override string Type => "sgd";

    public override double NumbersPerWeight => Momentum == 0 ? 0 : 1;

    public override IEnumerable<(string Key, string Reason)> Unused => Momentum == 0 ? [("dampening", "momentum is 0."), ("nesterov", "momentum is 0.")] : [];

    internal override IUpdateRule Create(ParameterSet set) => new ElementRule<Step>(set, Momentum == 0 ? [] : ["momentum_buffer"], (step, _) => new(this, step));

    private readonly unsafe struct Step(SgdOptions options, long step) : IElementStep<Step>
    {
        private readonly bool _buffered = options.Momentum > 0;
        private readonly bool _nesterov = options.Nesterov;
        private readonly double _decay = options.WeightDecay;
        private readonly float _momentum = (float)options.Momentum;
        private readonly float _kept = step == 1 ? 0 : (float)options.Momentum;
        private readonly float _taken = step == 1 ? 1 : (float)(1 - options.Dampening);   // the first direction is the gradient, whatever the dampening

        private float Added { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Added = decays ? (float)_decay : 0, MinusRate = (float)-rate };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            if (_buffered)
            {
                var b = TLanes.FusedMultiplyAdd(TLanes.Splat(_kept), TLanes.Load(states.First + at), TLanes.Multiply(TLanes.Splat(_taken), g));
                TLanes.Store(b, states.First + at);
                g = _nesterov ? TLanes.FusedMultiplyAdd(TLanes.Splat(_momentum), b, g) : b;
            }
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), g, w);
        }
    }
}
