using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Rules;

/// <summary>How far an orthogonal update of a given shape moves.</summary>
public enum MuonScale
{
    /// <summary>sqrt(max(1, rows / columns)): the same spectral change for every shape (Jordan et al. 2024).</summary>
    Original,

    /// <summary>0.2 sqrt(max(rows, columns)): the root mean square of an AdamW update, so that both share one learning rate (Liu et al. 2025).</summary>
    MatchRmsAdamw,
}

/// <summary>The number type of the Newton-Schulz products.</summary>
public enum MuonPrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16, as <c>torch.optim.Muon</c>: several times faster where the CPU has AMX or AVX512-BF16 products.</summary>
    Bfloat16,
}

/// <summary>
/// Momentum orthogonalized by Newton-Schulz (Jordan et al. 2024, "Muon"), as <c>torch.optim.Muon</c> computes it: the momentum buffer
/// is a running mean of gradients, and weight decay uses the unscaled learning rate. It moves hidden matrices; AdamW moves the rest.
/// </summary>
public sealed record MuonOptions : RuleOptions
{
    public MuonOptions() => WeightDecay = 0.1;

    [Description("Highest learning rate of Muon; learning_rate is that of AdamW, which moves the rest.")]
    [Range(1e-12, 100)]
    public double MuonLearningRate { get; init; } = 0.02;

    [Description("Decay of the momentum buffer.")]
    [Range(0, 0.999999)]
    public double Momentum { get; init; } = 0.95;

    [Description("Look one step of momentum ahead.")]
    public bool Nesterov { get; init; } = true;

    [Description("Newton-Schulz iterations.")]
    [Range(1, 20)]
    public int NsSteps { get; init; } = 5;

    [Description("The smallest norm by which a matrix is divided.")]
    [Range(1e-30, 1)]
    public double Eps { get; init; } = 1e-7;

    [Description("original: the same spectral change for every shape; match_rms_adamw: steps as large as AdamW's, so that both can share a learning rate.")]
    public MuonScale AdjustLrFn { get; init; } = MuonScale.Original;

    [Description("AdamW of the rest: decay of the first moment.")]
    [Range(0, 0.999999)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Description("AdamW of the rest: decay of the second moment.")]
    [Range(0, 0.9999999)]
    public double AdamBeta2 { get; init; } = 0.95;

    [Description("AdamW of the rest: added to the root of the second moment.")]
    [Range(1e-30, 1)]
    public double AdamEpsilon { get; init; } = 1e-8;

    [Description("Number type of the Newton-Schulz products. Default: that of the model's.")]
    public MuonPrecision? Precision { get; init; }

    public override string Type => "muon";

    public override bool MatricesOnly => true;

    public override RuleOptions Rest => new AdamWOptions { LearningRate = LearningRate, AdamBeta1 = AdamBeta1, AdamBeta2 = AdamBeta2, AdamEpsilon = AdamEpsilon, WeightDecay = WeightDecay };

    public override double NumbersPerWeight => 1;

    // Of one shape side by side: they are orthogonalized together.
    internal override IEnumerable<OptimizerParameter> Arrange(IEnumerable<OptimizerParameter> parameters) => parameters.OrderBy(p => p.Compute.shape[0]).ThenBy(p => p.Compute.shape[^1]);

    internal override IUpdateRule Create(ParameterSet set) => new MuonRule(set, this);
}
