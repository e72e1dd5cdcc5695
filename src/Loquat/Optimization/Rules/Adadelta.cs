using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>Adadelta (Zeiler 2012), as <c>torch.optim.Adadelta</c> computes it: weight decay is added to the gradient.</summary>
public sealed record AdadeltaOptions : RuleOptions
{
    public AdadeltaOptions() => LearningRate = 1;

    [Description("Decay of both running means.")]
    [Range(0, 0.999999)]
    public double Rho { get; init; } = 0.9;

    [Description("Added under both roots.")]
    [Range(1e-30, 1)]
    public double Eps { get; init; } = 1e-6;

    public override string Type => "adadelta";

    internal override IUpdateRule Create(ParameterSet set) => new ElementRule<Step>(set, ["square_avg", "acc_delta"], (_, _) => new(this));

    private readonly unsafe struct Step(AdadeltaOptions options) : IElementStep<Step>
    {
        private readonly double _decay = options.WeightDecay;
        private readonly float _rho = (float)options.Rho;
        private readonly float _oneMinusRho = (float)(1 - options.Rho);
        private readonly float _epsilon = (float)options.Eps;

        private float Added { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Added = decays ? (float)_decay : 0, MinusRate = (float)-rate };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            var (rho, oneMinusRho, epsilon) = (TLanes.Splat(_rho), TLanes.Splat(_oneMinusRho), TLanes.Splat(_epsilon));
            var v = TLanes.FusedMultiplyAdd(oneMinusRho, TLanes.Multiply(g, g), TLanes.Multiply(rho, TLanes.Load(states.First + at)));
            TLanes.Store(v, states.First + at);
            var moved = TLanes.Load(states.Second + at);
            var delta = TLanes.Multiply(TLanes.Divide(TLanes.Sqrt(TLanes.Add(moved, epsilon)), TLanes.Sqrt(TLanes.Add(v, epsilon))), g);
            TLanes.Store(TLanes.FusedMultiplyAdd(oneMinusRho, TLanes.Multiply(delta, delta), TLanes.Multiply(rho, moved)), states.Second + at);
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), delta, w);
        }
    }
}
