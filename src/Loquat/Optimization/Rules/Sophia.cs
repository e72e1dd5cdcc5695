using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Sophia-G (Liu et al. 2023, algorithm 3 with algorithm 2): momentum over an average of squared gradients of labels that are drawn from the model, each element at most
/// the learning rate. While the average is 0 it moves by signs. Weight decay is decoupled.
/// </summary>
public sealed record SophiaGOptions : RuleOptions
{
    public SophiaGOptions() => (LearningRate, WeightDecay) = (6e-4, 0.1);

    [Description("Decay of the running mean of gradients.")]
    [Range(0, 0.999999)]
    public double AdamBeta1 { get; init; } = 0.965;

    [Description("Decay of the running mean of the curvature.")]
    [Range(0, 0.9999999)]
    public double AdamBeta2 { get; init; } = 0.99;

    [Description("Larger: more elements move by less than the learning rate.")]
    [Range(1e-12, 1e6)]
    public double Rho { get; init; } = 0.04;

    [Description("Steps from one estimate of the curvature to the next.")]
    [Range(1, 1e9)]
    public long HessianUpdateSteps { get; init; } = 10;

    [Description("What the curvature is multiplied by. Default: the tokens of a step.")]
    [Range(1e-6, 1e12)]
    public double? Batch { get; init; }

    public override string Type => "sophia_g";

    public override CurvatureEstimate Curvature => CurvatureEstimate.SampledLabels;

    public override long CurvatureSteps => HessianUpdateSteps;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule(ParameterSet set, SophiaGOptions options) : ElementRule<Step>(set, ["exp_avg", "hessian"], (_, _) => default)
    {
        private readonly SharedNumbers _shared = new(("tokens", 1));

        public override IEnumerable<(string Name, Tensor Tensor)> Shared => _shared.State;

        public override void Step(long step, double learningRate, double gradientScale) => Run(new Step(options, options.Batch ?? _shared[0]), learningRate, gradientScale);

        public override void UpdateCurvature(double gradientScale, double tokens)
        {
            _shared[0] = tokens;
            using var guard = no_grad();
            for (var i = 0; i < Set.Count; i++)
            {
                using var scope = NewDisposeScope();
                if (Set.Gradient(i, gradientScale) is { } sampled) this[1, i].mul_(options.AdamBeta2).addcmul_(sampled, sampled, value: 1 - options.AdamBeta2);
            }
        }

        public override void Dispose()
        {
            _shared.Dispose();
            base.Dispose();
        }
    }

    private readonly unsafe struct Step(SophiaGOptions options, double batch) : IElementStep<Step>
    {
        private const float Least = 1e-15f;

        private readonly double _decay = options.WeightDecay;
        private readonly float _beta1 = (float)options.AdamBeta1;
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _scale = (float)(options.Rho * batch);

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
            var curvature = TLanes.FusedMultiplyAdd(TLanes.Splat(_scale), TLanes.Load(states.Second + at), TLanes.Splat(Least));
            var ratio = TLanes.Min(TLanes.Divide(TLanes.Abs(m), curvature), TLanes.Splat(1));
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), TLanes.Multiply(TLanes.Sign(m), ratio), TLanes.Multiply(w, TLanes.Splat(Kept)));
        }
    }
}
