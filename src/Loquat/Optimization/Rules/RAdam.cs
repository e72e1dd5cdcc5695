using System.ComponentModel;
using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>Adam whose first steps are plain momentum until the variance of its rate is tractable (Liu et al. 2020), as <c>torch.optim.RAdam</c> computes it.</summary>
public sealed record RAdamOptions : MomentsOptions
{
    [Description("Shrink the weights, as AdamW does, instead of adding the decay to the gradient.")]
    public bool DecoupledWeightDecay { get; init; }

    public override string Type => "radam";

    internal override IUpdateRule Create(ParameterSet set) => new ElementRule<Step>(set, ["exp_avg", "exp_avg_sq"], (step, _) => new(this, step));

    private readonly unsafe struct Step(RAdamOptions options, long step) : IElementStep<Step>
    {
        private readonly bool _decoupled = options.DecoupledWeightDecay;
        private readonly double _decay = options.WeightDecay;
        private readonly double _inverseCorrection1 = 1 / (1 - Math.Pow(options.AdamBeta1, step));
        private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
        private readonly float _beta2 = (float)options.AdamBeta2;
        private readonly float _oneMinusBeta2 = (float)(1 - options.AdamBeta2);
        private readonly float _epsilon = (float)options.AdamEpsilon;
        private readonly double _rectified = Rectification(options.AdamBeta2, step);

        /// <summary>The length of the averaging window's variance correction, times the second moment's own; 0 while it does not exist (section 4).</summary>
        private static double Rectification(double beta2, long step)
        {
            var power = Math.Pow(beta2, step);
            var longest = 2 / (1 - beta2) - 1;
            var length = longest - 2 * step * power / (1 - power);
            return length > 5 ? Math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)) * Math.Sqrt(1 - power) : 0;
        }

        private float Kept { get; init; }

        private float Added { get; init; }

        private float MinusRate { get; init; }

        public Step For(double rate, bool decays) => this with { Kept = decays && _decoupled ? (float)(1 - rate * _decay) : 1, Added = decays && !_decoupled ? (float)_decay : 0, MinusRate = (float)(-rate * _inverseCorrection1 * (_rectified > 0 ? _rectified : 1)) };

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
            var direction = _rectified > 0 ? TLanes.Divide(m, TLanes.Add(TLanes.Sqrt(v), TLanes.Splat(_epsilon))) : m;
            return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), direction, TLanes.Multiply(w, TLanes.Splat(Kept)));
        }
    }
}
