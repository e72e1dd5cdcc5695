using Loquat.Runs;

namespace Loquat.Cli.Display;

/// <summary>A comparison in words: a row for each contender.</summary>
internal static class ComparisonTable
{
    private const string Unknown = "–";

    public static IEnumerable<string> Lines(Comparison comparison)
    {
        List<string[]> rows = [["model", "score", "parameters", "tokens", "time", "operations", "loss", "bits/byte", "at equal operations", "at equal time"]];
        rows.AddRange(comparison.Contenders.OrderBy(c => c.Score != "causal").ThenByDescending(c => c.Loss).Select(Row));
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows) yield return string.Join("  ", row.Select((cell, column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd();
        if (comparison.Contenders.Any(c => c.Score != "causal")) yield return "a score other than causal is the loss of that objective's own labels, no likelihood of the text";
        if (comparison.EqualOperations is { } operations && comparison.EqualSeconds is { } seconds)
            yield return $"equal operations: {Size(operations)}; equal time: {RunSummary.Duration(seconds)}; ± is a 95 % interval over seeds";
    }

    private static string[] Row(Contender contender) =>
    [
        contender.Name,
        contender.Score,
        contender.Parameters.ToString("N0", null),
        contender.Tokens.ToString("N0", null),
        RunSummary.Duration(contender.Seconds),
        contender.Operations > 0 ? Size(contender.Operations) : Unknown,
        Number(contender.Loss, contender.LossInterval),
        Number(contender.BitsPerByte, contender.BitsPerByteInterval),
        Number(contender.LossAtEqualOperations, null),
        Number(contender.LossAtEqualSeconds, null),
    ];

    private static string Number(double? value, double? interval) => value is not { } number ? Unknown : interval is { } half ? $"{number:F4} ± {half:F4}" : $"{number:F4}";

    private static string Size(double operations) => operations switch
    {
        >= 1e15 => $"{operations / 1e15:F2} P",
        >= 1e12 => $"{operations / 1e12:F2} T",
        _ => $"{operations / 1e9:F2} G",
    };
}
