using System.Text.RegularExpressions;

namespace Loquat.Text.Metrics;

/// <summary>Measures of several samples for one problem.</summary>
public static partial class Samples
{
    /// <summary>The probability that one of k samples is right, where c of n were (Chen et al. 2021): 1 - C(n-c, k) / C(n, k), which has no bias.</summary>
    /// <exception cref="OptionsException">k is not between 1 and n, or c not between 0 and n.</exception>
    public static double PassAtK(int n, int c, int k)
    {
        if (k < 1 || k > n || c < 0 || c > n) throw new OptionsException($"pass@{k} of {n} samples, {c} of them right, cannot be; k is 1 to the samples there are.");
        if (n - c < k) return 1;
        var missed = 1.0;
        for (var i = n - c + 1; i <= n; i++) missed *= 1 - (double)k / i;
        return 1 - missed;
    }

    /// <summary>The most frequent of the first k answers, of equals the one seen first (Wang et al. 2023, "Self-Consistency").</summary>
    public static string Majority(IReadOnlyList<string> answers, int k) => answers.Take(k).CountBy(a => a).MaxBy(a => a.Value).Key;

    /// <summary>What <see cref="StrictAnswer"/> and <see cref="FlexibleAnswer"/> give where there is no answer.</summary>
    public const string Invalid = "[invalid]";

    /// <summary>GSM8K's answer behind `#### `: the first.</summary>
    public static string StrictAnswer(string output) => StrictPattern().Match(output) is { Success: true } match ? match.Groups[1].Value : Invalid;

    /// <summary>GSM8K's answer as the last number of the text.</summary>
    public static string FlexibleAnswer(string output) => FlexiblePattern().Matches(output) is { Count: > 0 } matches ? matches[^1].Value : Invalid;

    /// <summary>Whether two answers of GSM8K are the same text, without commas, dollar signs, what stands before `#### ` and a point at the end.</summary>
    public static bool SameAnswer(string answer, string gold) => Plain(answer) == Plain(gold);

    private static string Plain(string answer)
    {
        answer = answer.Replace(",", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal);
        if (answer.LastIndexOf("#### ", StringComparison.Ordinal) is >= 0 and var at) answer = answer[(at + 5)..];
        // A line break at the very end stands behind the point.
        if (answer.EndsWith('.')) answer = answer[..^1];
        else if (answer.EndsWith(".\n", StringComparison.Ordinal)) answer = answer[..^2] + "\n";
        return MetricText.Lower(answer);
    }

    [GeneratedRegex(@"#### (\-?[0-9\.\,]+)")]
    private static partial Regex StrictPattern();

    [GeneratedRegex(@"-?[$0-9.,]{2,}|-?[0-9]+")]
    private static partial Regex FlexiblePattern();
}
