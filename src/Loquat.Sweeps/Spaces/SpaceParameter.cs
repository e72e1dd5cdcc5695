using System.Globalization;

namespace Loquat.Sweeps.Spaces;

/// <summary>When a parameter is there: another one has one of these values.</summary>
/// <param name="Parameter">The other's name; it stands before in the space.</param>
/// <param name="Values">As texts, one or more.</param>
public sealed record SpaceCondition(string Parameter, IReadOnlyList<string> Values);

/// <summary>
/// One thing to be chosen. Values are texts as a recipe writes them; a point of [0, 1) stands for each, so that samplers need not know kinds and scales.
/// </summary>
/// <param name="Name">The key of the recipe, such as `training.optimizer.learning_rate`.</param>
public abstract record SpaceParameter(string Name)
{
    /// <summary>Null: always there.</summary>
    public SpaceCondition? When { get; init; }

    /// <summary>How many values there are; null: a continuum.</summary>
    public abstract long? Count { get; }

    /// <summary>Whether near points mean near values.</summary>
    public abstract bool IsOrdered { get; }

    /// <summary>The value at a point of [0, 1]; 1 is that of the last.</summary>
    public abstract string At(double unit);

    /// <summary>The point of a value: the middle of those that <see cref="At"/> gives it.</summary>
    public abstract double PointOf(string value);

    /// <summary>What is wrong with the parameter itself; null: nothing.</summary>
    public abstract string? Fault { get; }

    /// <summary>The point that stands for all that give the same value.</summary>
    public double Snap(double unit) => PointOf(At(unit));

    private protected static double Parse(string value, string name) => double.TryParse(value, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new OptionsException($"{name}: the value '{value}' is not a number of the search space.");
}

/// <summary>One of some texts, in no order.</summary>
public sealed record ChoiceParameter(string Name, IReadOnlyList<string> Choices) : SpaceParameter(Name)
{
    public override long? Count => Choices.Count;

    public override bool IsOrdered => false;

    public override string At(double unit) => Choices[Math.Clamp((int)(unit * Choices.Count), 0, Choices.Count - 1)];

    public override double PointOf(string value)
    {
        for (var i = 0; i < Choices.Count; i++)
            if (Choices[i] == value) return (i + 0.5) / Choices.Count;
        throw new OptionsException($"{Name}: the value '{value}' is none of {string.Join(", ", Choices)}.");
    }

    public override string? Fault => Choices.Count == 0 ? "has no choices" : Choices.Distinct(StringComparer.Ordinal).Count() < Choices.Count ? "has the same choice twice" : null;
}

/// <summary>Whole numbers from <paramref name="Low"/> to <paramref name="High"/>, both included.</summary>
public sealed record IntegerParameter(string Name, long Low, long High) : SpaceParameter(Name)
{
    /// <summary>Only Low, Low + Step, and so on. 1 or more. Default: 1.</summary>
    public long Step { get; init; } = 1;

    /// <summary>Even in the logarithm. Default: no.</summary>
    public bool IsLogarithmic { get; init; }

    public override long? Count => (High - Low) / Step + 1;

    public override bool IsOrdered => true;

    // On a logarithmic scale each number has the room from half a step below to half a step above.
    private (double From, double To) Scale => IsLogarithmic ? (Math.Log(Low - 0.5 * Step), Math.Log(Low + (Count!.Value - 0.5) * Step)) : (0, Count!.Value);

    public override string At(double unit)
    {
        var (from, to) = Scale;
        var at = from + Math.Clamp(unit, 0, 1) * (to - from);
        var index = IsLogarithmic ? Math.Round((Math.Exp(at) - Low) / Step) : Math.Floor(at);
        return (Low + (long)Math.Clamp(index, 0, Count!.Value - 1) * Step).ToString(CultureInfo.InvariantCulture);
    }

    public override double PointOf(string value)
    {
        var (from, to) = Scale;
        var number = Parse(value, Name);
        return Math.Clamp(((IsLogarithmic ? Math.Log(number) : (number - Low) / Step + 0.5) - from) / (to - from), 0, 1);
    }

    public override string? Fault => Low > High ? $"begins at {Low}, above its end {High}"
        : Step < 1 ? $"has a step of {Step}; allowed: 1 or more"
        : IsLogarithmic && Low < 1 ? $"is logarithmic and begins at {Low}; allowed: 1 or more" : null;
}

/// <summary>Real numbers from <paramref name="Low"/> to <paramref name="High"/>.</summary>
public sealed record RealParameter(string Name, double Low, double High) : SpaceParameter(Name)
{
    /// <summary>Even in the logarithm. Default: no.</summary>
    public bool IsLogarithmic { get; init; }

    public override long? Count => Low == High ? 1 : null;

    public override bool IsOrdered => true;

    public override string At(double unit)
    {
        unit = Math.Clamp(unit, 0, 1);
        var value = IsLogarithmic ? Math.Exp(Math.Log(Low) + unit * (Math.Log(High) - Math.Log(Low))) : Low + unit * (High - Low);
        return Math.Clamp(value, Low, High).ToString("R", CultureInfo.InvariantCulture);
    }

    public override double PointOf(string value)
    {
        if (Low == High) return 0.5;
        var number = Math.Clamp(Parse(value, Name), Low, High);
        return IsLogarithmic ? (Math.Log(number) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low)) : (number - Low) / (High - Low);
    }

    public override string? Fault => !double.IsFinite(Low) || !double.IsFinite(High) ? $"goes from {Low} to {High}; allowed: finite numbers"
        : Low > High ? string.Create(CultureInfo.InvariantCulture, $"begins at {Low}, above its end {High}")
        : IsLogarithmic && !(Low > 0) ? string.Create(CultureInfo.InvariantCulture, $"is logarithmic and begins at {Low}; allowed: above 0") : null;
}
