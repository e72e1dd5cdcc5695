using System.Globalization;

namespace Loquat.Benchmarks.Tokenizers;

/// <summary>Markdown lines, shown as they come.</summary>
internal sealed class BenchmarkReport(TextWriter shown)
{
    private readonly List<string> _lines = [];

    public void Add(params string[] lines)
    {
        _lines.AddRange(lines);
        foreach (var line in lines) shown.WriteLine(line);
    }

    public void Head(string name, string note) => Add($"## {name}", "", note, "", "| contender | s | MB/s | time ÷ Loquat's | peak MiB |", "|---|---|---|---|---|");

    /// <param name="megabytes">What was worked on; NaN where a rate means nothing.</param>
    /// <param name="own">Loquat's seconds for the same work; NaN where there is none.</param>
    public void Row(string name, Measured measured, double megabytes, double own) => Add(double.IsNaN(measured.Seconds)
        ? $"| {name} | absent: {measured.Note} | | | |"
        : $"| {name} | {Number(measured.Seconds, "F3")} | {Number(megabytes / measured.Seconds, "F1")} | {Number(measured.Seconds / own, "F2")} | {Number(measured.PeakMiB, "F0")} |");

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path + ".writing", _lines);
        File.Move(path + ".writing", path, overwrite: true);
    }

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
