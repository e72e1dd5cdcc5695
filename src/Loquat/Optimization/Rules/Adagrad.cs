using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>Adagrad (Duchi et al. 2011), as <c>torch.optim.Adagrad</c> computes it: weight decay is added to the gradient.</summary>
public sealed record AdagradOptions : RuleOptions
{
    public AdagradOptions() => LearningRate = 0.01;

    [Description("The rate of step t is divided by 1 + (t - 1) of this.")]
    [Range(0, 1e6)]
    public double LrDecay { get; init; }

    [Description("What the sums of squared gradients begin with.")]
    [Range(0, 1e6)]
    public double InitialAccumulatorValue { get; init; }

    [Description("Added to the root of the sum.")]
    [Range(1e-30, 1)]
    public double Eps { get; init; } = 1e-10;

    public override string Type => "adagrad";

    public override double NumbersPerWeight => 1;

    internal override IUpdateRule Create(ParameterSet set)
    {
        var rule = new ElementRule<Step>(set, ["sum"], (step, _) => new(this, step));
        using var guard = no_grad();
        for (var i = 0; i < set.Count; i++) rule[0, i].fill_(InitialAccumulatorValue);
        return rule;
    }

    private readonly unsafe struct Step(AdagradOptions options, long step) : IElementStep<Step>
    {
        private readonly double _decay = options.WeightDecay;
        private readonly double _slower = 1 + (step - 1) * options.LrDecay;
        private readonly float _epsilon = (float)options.Eps;

        private float Added { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Added = decays ? (float)_decay : 0, MinusRate = (float)(-rate / _slower) };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            var sum = TLanes.FusedMultiplyAdd(g, g, TLanes.Load(states.First + at));
            TLanes.Store(sum, states.First + at);
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), TLanes.Divide(g, TLanes.Add(TLanes.Sqrt(sum), TLanes.Splat(_epsilon))), w);
        }
    }
}
