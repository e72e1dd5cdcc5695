using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Loquat.Optimization;

/// <summary>What a rule needs besides gradients.</summary>
public enum CurvatureEstimate
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Now and then the gradient of labels drawn from the model itself (Gauss-Newton-Bartlett, Liu et al. 2023, algorithm 2).</summary>
    SampledLabels,

    /// <summary>Now and then an estimate of the Hessian's diagonal, such as Hutchinson's (Liu et al. 2023, algorithm 1).</summary>
    HessianDiagonal,
}

/// <summary>
/// An update rule and its constants: in a recipe, `training.optimizer`. Each property is a key with description and range. Deriving this record in a file of its own is all
/// that registers a rule under its <see cref="Type"/>.
/// </summary>
public abstract record RuleOptions
{
    /// <summary>The name in recipes.</summary>
    public abstract string Type { get; }

    /// <summary>What a recipe's schedule multiplies. <see cref="Optimizer.Step"/> is given the rate of its step, and takes none from here.</summary>
    [Description("Highest learning rate; the schedule multiplies it.")]
    [Range(1e-12, 100)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Of parameters that decay (<see cref="OptimizerParameter.WeightDecay"/>).</summary>
    [Description("Weight decay of matrices and embeddings: decoupled, times the learning rate, or added to the gradient where the rule has it so (docs/optimization.md).")]
    [Range(0, 100)]
    public double WeightDecay { get; init; }

    /// <summary>Whether it moves matrices only.</summary>
    public virtual bool MatricesOnly => false;

    /// <summary>The rule of parameters that this one cannot move; null where it moves all.</summary>
    public virtual RuleOptions? Rest => null;

    /// <summary>float32 numbers that it remembers per weight, about.</summary>
    public virtual double NumbersPerWeight => 2;

    /// <summary>Default: none.</summary>
    public virtual CurvatureEstimate Curvature => CurvatureEstimate.None;

    /// <summary>Steps from one estimate of the curvature to the next.</summary>
    public virtual long CurvatureSteps => 10;

    /// <summary>Whether weights of its own average are to be evaluated and saved instead of those trained.</summary>
    public virtual bool Averages => false;

    /// <summary>Keys that its other values leave without effect, and why, as the rest of a sentence.</summary>
    public virtual IEnumerable<(string Key, string Reason)> Unused => [];

    /// <summary>The order in which the rule wants its parameters. Default: as they come.</summary>
    internal virtual IEnumerable<OptimizerParameter> Arrange(IEnumerable<OptimizerParameter> parameters) => parameters;

    /// <summary>The rule over parameters, with an empty memory.</summary>
    internal abstract IUpdateRule Create(ParameterSet set);

    /// <summary>The same options.</summary>
    /// <exception cref="OptionsException">Values out of their range; the message names all of them.</exception>
    public RuleOptions Validated()
    {
        var faults = new List<string>();
        foreach (var property in GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetCustomAttribute<RangeAttribute>() is not { } range || property.GetValue(this) is not { } value) continue;
            var (number, least, most) = (Number(value), Number(range.Minimum), Number(range.Maximum));
            if (!(number >= least && number <= most)) faults.Add(string.Create(CultureInfo.InvariantCulture, $"{Type} {JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)} is {value}; allowed: {least} to {most}."));
        }
        return faults.Count == 0 ? this : throw new OptionsException(string.Join(' ', faults));
    }

    /// <summary>Whether a key decides, of any rule, what is remembered.</summary>
    internal static bool ShapesState(string key) => KnownRules.Types.Any(type => KnownRules.Find(type)!.GetType().GetProperties()
        .Any(p => p.GetCustomAttribute<ShapesStateAttribute>() is not null && JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name) == key));

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
}

/// <summary>A rule with running means of the gradient and of its square.</summary>
public abstract record MomentsOptions : RuleOptions
{
    [Description("Decay of the running mean of gradients.")]
    [Range(0, 0.999999)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Description("Decay of the running mean of squared gradients.")]
    [Range(0, 0.9999999)]
    public double AdamBeta2 { get; init; } = 0.999;

    [Description("Added to the root of the second moment.")]
    [Range(1e-30, 1)]
    public double AdamEpsilon { get; init; } = 1e-8;
}
