using System.Text.Json;
using Loquat.Text.Files;

namespace Loquat.Runs;

/// <summary>A contender after some of its tokens.</summary>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Seconds">Training time until then, by the median speed of its steps.</param>
/// <param name="Operations">Multiplications and additions of matrix products until then, forward and backward.</param>
/// <param name="Loss">Nats for each label on the validation text: the mean over seeds.</param>
/// <param name="LossInterval">Half the width of its 95 % interval over seeds; null where there is one seed.</param>
public sealed record ComparisonPoint(long Tokens, double Seconds, double Operations, double Loss, double? LossInterval);

/// <summary>One recipe among those compared.</summary>
public sealed record Contender
{
    public required string Name { get; init; }

    /// <summary>`model_type`; n-gram for the baseline.</summary>
    public required string ModelType { get; init; }

    /// <summary>What its loss is of: `causal`, the text's likelihood, token by token; else the objective, whose labels are its own, so that its loss is no likelihood of the text.</summary>
    public required string Score { get; init; }

    public required IReadOnlyList<ulong> Seeds { get; init; }

    public required long Parameters { get; init; }

    public required long Tokens { get; init; }

    /// <summary>Training time, the mean over seeds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Multiplications and additions of matrix products, forward and backward.</summary>
    public required double Operations { get; init; }

    /// <summary>Of the best checkpoint on the whole validation text, in nats for each label: the mean over seeds.</summary>
    public required double Loss { get; init; }

    /// <summary>Half the width of its 95 % interval over seeds (Student's t); null where there is one seed.</summary>
    public double? LossInterval { get; init; }

    /// <summary>The same in bits per UTF-8 byte; null where it is no likelihood of the text.</summary>
    public double? BitsPerByte { get; init; }

    /// <inheritdoc cref="LossInterval"/>
    public double? BitsPerByteInterval { get; init; }

    /// <summary>The loss where every contender has spent as many operations as the one that spends the fewest in all, between two evaluations by their logarithms; null before its first.</summary>
    public double? LossAtEqualOperations { get; init; }

    /// <summary>The loss where every contender has trained as long as the fastest one in all; null before its first evaluation.</summary>
    public double? LossAtEqualSeconds { get; init; }

    /// <summary>Evaluations on the way.</summary>
    public required IReadOnlyList<ComparisonPoint> Curve { get; init; }
}

/// <summary>Recipes side by side after the same tokens.</summary>
/// <param name="Tokens">Tokens that each was trained on, up to a step of its own.</param>
/// <param name="EqualOperations">Operations of the contender that needs the fewest; null where there is none that trains.</param>
/// <param name="EqualSeconds">Seconds of the fastest contender.</param>
public sealed record Comparison(long Tokens, double? EqualOperations, double? EqualSeconds, IReadOnlyList<Contender> Contenders)
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Student's t for a 95 % interval, by degrees of freedom from 1.</summary>
    private static readonly double[] _t =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    ];

    public string ToJson() => JsonSerializer.Serialize(this, _json);

    /// <summary>Writes `comparison.json` and `comparison.svg`.</summary>
    /// <exception cref="MachineException">They cannot be written.</exception>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        AtomicFolder.WriteFile(Path.Combine(folder, "comparison.json"), file => file.Write(System.Text.Encoding.UTF8.GetBytes(ToJson() + "\n")));
        AtomicFolder.WriteFile(Path.Combine(folder, "comparison.svg"), file => file.Write(System.Text.Encoding.UTF8.GetBytes(ComparisonPicture.Svg(this))));
    }

    /// <summary>The mean, and half the width of its 95 % interval.</summary>
    internal static (double Mean, double? Interval) Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        if (values.Count < 2) return (mean, null);
        var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        return (mean, (values.Count - 2 < _t.Length ? _t[values.Count - 2] : 1.96) * deviation / Math.Sqrt(values.Count));
    }

    /// <summary>The loss of a curve where it has spent so much, between two points by the logarithm of what they spent.</summary>
    internal static double? At(IReadOnlyList<ComparisonPoint> curve, Func<ComparisonPoint, double> spent, double budget)
    {
        if (curve.Count == 0 || spent(curve[0]) > budget * 1.0001) return null;
        for (var i = 1; i < curve.Count; i++)
        {
            var (from, to) = (spent(curve[i - 1]), spent(curve[i]));
            if (to < budget || to <= from || from <= 0) continue;
            var share = Math.Log(budget / from) / Math.Log(to / from);
            return curve[i - 1].Loss + share * (curve[i].Loss - curve[i - 1].Loss);
        }
        return curve[^1].Loss;
    }
}
