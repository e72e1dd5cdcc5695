using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Sophia-H (Liu et al. 2023, algorithm 3 with algorithm 1): momentum over an average of estimates of the Hessian's diagonal, each element at most <see cref="P"/> times the
/// learning rate. Weight decay is decoupled.
/// </summary>
public sealed record SophiaHOptions : RuleOptions
{
    public SophiaHOptions() => (LearningRate, WeightDecay) = (6e-2, 0.1);

    [Description("Decay of the running mean of gradients.")]
    [Range(0, 0.999999)]
    public double AdamBeta1 { get; init; } = 0.96;

    [Description("Decay of the running mean of the curvature.")]
    [Range(0, 0.9999999)]
    public double AdamBeta2 { get; init; } = 0.99;

    [Description("The longest way of an element, in learning rates.")]
    [Range(1e-12, 1e6)]
    public double P { get; init; } = 0.01;

    [Description("The least curvature.")]
    [Range(1e-30, 1)]
    public double Eps { get; init; } = 1e-12;

    [Description("Steps from one estimate of the curvature to the next.")]
    [Range(1, 1e9)]
    public long UpdatePeriod { get; init; } = 10;

    public override string Type => "sophia_h";

    public override CurvatureEstimate Curvature => CurvatureEstimate.HessianDiagonal;

    public override long CurvatureSteps => UpdatePeriod;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule(ParameterSet set, SophiaHOptions options) : ElementRule<Step>(set, ["momentum", "hessian_moment"], (_, _) => new Step(options))
    {
        public override void UpdateCurvature(double gradientScale, double tokens)
        {
            using var guard = no_grad();
            for (var i = 0; i < Set.Count; i++)
            {
                using var scope = NewDisposeScope();
                if (Set.Gradient(i, gradientScale) is { } diagonal) this[1, i].mul_(options.AdamBeta2).add_(diagonal, alpha: 1 - options.AdamBeta2);
            }
        }
    }

    private readonly unsafe struct Step(SophiaHOptions options) : IElementStep<Step>
    {
        private readonly double _decay = options.WeightDecay;
        private readonly float _beta1 = (float)options.AdamBeta1;
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _longest = (float)options.P;
        private readonly float _least = (float)options.Eps;

        private float Kept { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Kept = decays ? (float)(1 - rate * _decay) : 1, MinusRate = (float)-rate };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            var m = TLanes.FusedMultiplyAdd(TLanes.Splat(_beta1), TLanes.Load(states.First + at), TLanes.Multiply(TLanes.Splat(_oneMinusBeta1), g));
            TLanes.Store(m, states.First + at);
            var ratio = TLanes.Divide(m, TLanes.Max(TLanes.Load(states.Second + at), TLanes.Splat(_least)));
            ratio = TLanes.Max(TLanes.Min(ratio, TLanes.Splat(_longest)), TLanes.Splat(-_longest));
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), ratio, TLanes.Multiply(w, TLanes.Splat(Kept)));
        }
    }
}
