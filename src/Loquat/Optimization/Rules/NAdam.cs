using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>Adam that looks one step of momentum ahead, with a momentum that rises (Dozat 2016), as <c>torch.optim.NAdam</c> computes it.</summary>
public sealed record NAdamOptions : MomentsOptions
{
    public NAdamOptions() => LearningRate = 2e-3;

    [Description("How fast the momentum rises to adam_beta1.")]
    [Range(0, 1)]
    public double MomentumDecay { get; init; } = 0.004;

    [Description("Shrink the weights, as AdamW does, instead of adding the decay to the gradient.")]
    public bool DecoupledWeightDecay { get; init; }

    public override string Type => "nadam";

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private double Momentum(long step) => AdamBeta1 * (1 - 0.5 * Math.Pow(0.96, step * MomentumDecay));

    private sealed class Rule(ParameterSet set, NAdamOptions options) : ElementRule<Step>(set, ["exp_avg", "exp_avg_sq"], (_, _) => default)
    {
        private readonly SharedNumbers _shared = new(("mu_product", 1));

        public override IEnumerable<(string Name, Tensor Tensor)> Shared => _shared.State;

        public override void Step(long step, double learningRate, double gradientScale)
        {
            _shared[0] *= options.Momentum(step);
            Run(new Step(options, step, _shared[0]), learningRate, gradientScale);
        }

        public override void Dispose()
        {
            _shared.Dispose();
            base.Dispose();
        }
    }

    private readonly unsafe struct Step(NAdamOptions options, long step, double product) : IElementStep<Step>
    {
        private readonly bool _decoupled = options.DecoupledWeightDecay;
        private readonly double _decay = options.WeightDecay;
        private readonly double _ofGradient = (1 - options.Momentum(step)) / (1 - product);
        private readonly double _ofMean = options.Momentum(step + 1) / (1 - product * options.Momentum(step + 1));
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _beta2 = (float)options.AdamBeta2;
        private readonly float _oneMinusBeta2 = (float)(1 - options.AdamBeta2);
        private readonly float _inverseCorrection2 = (float)(1 / (1 - Math.Pow(options.AdamBeta2, step)));
        private readonly float _epsilon = (float)options.AdamEpsilon;

        private float Kept { get; init; }

        private float Added { get; init; }

        private float OfGradient { get; init; }

        private float OfMean { get; init; }

        public Step For(double rate, bool decays) => this with
        {
            Kept = decays && _decoupled ? (float)(1 - rate * _decay) : 1,
            Added = decays && !_decoupled ? (float)_decay : 0,
            OfGradient = (float)(-rate * _ofGradient),
            OfMean = (float)(-rate * _ofMean),
        };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
            where TLanes : ILanes<T>
            where T : struct
        {
            if (!_decoupled) g = TLanes.FusedMultiplyAdd(TLanes.Splat(Added), w, g);
            var m = TLanes.Load(states.First + at);
            m = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusBeta1), TLanes.Subtract(g, m), m);
            var v = TLanes.FusedMultiplyAdd(TLanes.Splat(_oneMinusBeta2), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Splat(_beta2), TLanes.Load(states.Second + at)));
            TLanes.Store(m, states.First + at);
            TLanes.Store(v, states.Second + at);
            var root = TLanes.Add(TLanes.Sqrt(TLanes.Multiply(v, TLanes.Splat(_inverseCorrection2))), TLanes.Splat(_epsilon));
            var direction = TLanes.FusedMultiplyAdd(TLanes.Splat(OfGradient), g, TLanes.Multiply(TLanes.Splat(OfMean), m));
            return TLanes.FusedMultiplyAdd(w, TLanes.Splat(Kept), TLanes.Divide(direction, root));
        }
    }
}
