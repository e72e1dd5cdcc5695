using System.ComponentModel;
using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as <c>torch.optim.AdamW</c> computes it. The defaults of beta2 and decay are GPT-3's
/// (Brown et al. 2020).
/// </summary>
public sealed record AdamWOptions : MomentsOptions
{
    public AdamWOptions() => (AdamBeta2, WeightDecay) = (0.95, 0.1);

    [Description("Divide by the largest second moment so far (AMSGrad, Reddi et al. 2018).")]
    [ShapesState]
    public bool Amsgrad { get; init; }

    public override string Type => "adamw";

    public override double NumbersPerWeight => Amsgrad ? 3 : 2;

    internal override IUpdateRule Create(ParameterSet set) => AdamStep.Rule(set, this, Amsgrad, decoupled: true);
}

/// <summary>Adam (Kingma and Ba 2015), as <c>torch.optim.Adam</c> computes it: weight decay is added to the gradient.</summary>
public sealed record AdamOptions : MomentsOptions
{
    [Description("Divide by the largest second moment so far (AMSGrad, Reddi et al. 2018).")]
    [ShapesState]
    public bool Amsgrad { get; init; }

    public override string Type => "adam";

    public override double NumbersPerWeight => Amsgrad ? 3 : 2;

    internal override IUpdateRule Create(ParameterSet set) => AdamStep.Rule(set, this, Amsgrad, decoupled: false);
}

/// <summary>The arithmetic of Adam: 28 bytes per parameter in float32.</summary>
/// <param name="options">The rule's constants.</param>
/// <param name="step">This update's number, from 1.</param>
/// <param name="amsgrad">Whether the largest second moment divides.</param>
/// <param name="decoupled">Whether weight decay is AdamW's.</param>
internal readonly unsafe struct AdamStep(MomentsOptions options, long step, bool amsgrad, bool decoupled) : IElementStep<AdamStep>
{
    private readonly double _decay = options.WeightDecay;
    private readonly double _inverseCorrection1 = 1 / (1 - Math.Pow(options.AdamBeta1, step));
    private readonly bool _amsgrad = amsgrad;
    private readonly bool _decoupled = decoupled;
    private readonly float _oneMinusBeta1 = (float)(1 - options.AdamBeta1);
    private readonly float _beta2 = (float)options.AdamBeta2;
    private readonly float _oneMinusBeta2 = (float)(1 - options.AdamBeta2);
    private readonly float _inverseRootCorrection2 = (float)(1 / Math.Sqrt(1 - Math.Pow(options.AdamBeta2, step)));
    private readonly float _epsilon = (float)options.AdamEpsilon;

    private float Kept { get; init; }

    private float Added { get; init; }

    private float MinusRate { get; init; }

    public static ElementRule<AdamStep> Rule(ParameterSet set, MomentsOptions options, bool amsgrad, bool decoupled) =>
        new(set, amsgrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"], (step, _) => new(options, step, amsgrad, decoupled));

    public AdamStep For(double rate, bool decays) => this with
    {
        Kept = decays && _decoupled ? (float)(1 - rate * _decay) : 1,
        Added = decays && !_decoupled ? (float)_decay : 0,
        MinusRate = (float)(-rate * _inverseCorrection1),
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
        if (_amsgrad)
        {
            v = TLanes.Max(v, TLanes.Load(states.Third + at));
            TLanes.Store(v, states.Third + at);
        }
        var root = TLanes.FusedMultiplyAdd(TLanes.Sqrt(v), TLanes.Splat(_inverseRootCorrection2), TLanes.Splat(_epsilon));
        return TLanes.FusedMultiplyAdd(TLanes.Splat(MinusRate), TLanes.Divide(m, root), TLanes.Multiply(w, TLanes.Splat(Kept)));
    }
}
