using System.Globalization;
using System.Text;
using Loquat.Benchmarks.Tokenizers;

namespace Loquat.Benchmarks.Corpus;

/// <summary>Measures repair, filters, MinHash and languages on one thread, and keeps the table when it is whole.</summary>
internal static class CorpusCommand
{
    private const double Seconds = 2;
    private const int FewestPasses = 4;

    /// <param name="only">Rows whose name contains this; all when empty. Part is printed, not kept.</param>
    public static int Run(string only, TimeProvider time)
    {
        var shared = TableCommand.SharedFolder();
        var date = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var report = new BenchmarkReport(Console.Out);
        report.Add($"# Corpus, {date:yyyy-MM-dd}", "");
        report.Add([.. Machine.DescribeSystem(date)]);
        report.Add("", $"One thread; megabytes of UTF-8 by processor time, the least of the passes over all documents that {Seconds:0} seconds hold, {FewestPasses} at least. English: books and Wikipedia in documents of {CorpusWork.DocumentCharacters:N0} characters; each filter cuts the text anew.", "",
            "| work | MB | MB/s |", "|---|---|---|");
        foreach (var work in CorpusWork.All(shared).Where(w => w.Name.Contains(only, StringComparison.Ordinal)))
        {
            var megabytes = work.Documents.Sum(d => (double)Encoding.UTF8.GetByteCount(d)) / 1e6;
            report.Add(string.Create(CultureInfo.InvariantCulture, $"| {work.Name} | {megabytes:F2} | {megabytes / Least(work):F1} |"));
        }
        if (only.Length > 0) return 0;
        var path = Path.Combine(TableCommand.RepositoryRoot(), "benchmarks", "results", $"{date:yyyy-MM-dd}-{Machine.Slug}-corpus.md");
        report.Save(path);
        Console.Error.WriteLine($"written to {path}");
        return 0;
    }

    // Of processor time, so that what else runs on the machine counts little.
    private static double Least(CorpusWork work)
    {
        var (least, all) = (double.MaxValue, 0.0);
        for (var pass = 0; pass < FewestPasses || all < Seconds; pass++)
        {
            var begun = Environment.CpuUsage.TotalTime;
            foreach (var document in work.Documents) work.Do(document);
            var taken = (Environment.CpuUsage.TotalTime - begun).TotalSeconds;
            (least, all) = (Math.Min(least, taken), all + taken);
        }
        return least;
    }
}
