using Loquat.Benchmarks.Peers;
using Loquat.Native;

namespace Loquat.Benchmarks;

/// <summary>Prints the table of this machine and keeps it in benchmarks/results.</summary>
internal static class TableCommand
{
    private static readonly StepSetting[] Settings =
    [
        new(GptShape.Gpt2Small, 4, 64, Precision.Fp32),
        new(GptShape.Gpt2Small, 4, 256, Precision.Fp32),
        new(GptShape.Gpt2Small, 4, 64, Precision.Bf16),
        new(GptShape.Gpt2Small, 4, 256, Precision.Bf16),
        new(GptShape.SmallCharacters, 12, 64, Precision.Fp32),
        new(GptShape.DecoderCharacters, 16, 256, Precision.Fp32),
        new(GptShape.DecoderWords, 16, 256, Precision.Fp32),
        new(GptShape.DecoderWords, 16, 256, Precision.Bf16),
    ];

    /// <param name="rounds">Steps of every contender.</param>
    /// <param name="only">Rows whose name contains this; all when empty. Part of a table is printed, not kept.</param>
    public static int Run(int rounds, string only, TimeProvider time)
    {
        Libtorch.Initialize();
        var date = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var lines = new List<string> { $"# Benchmark table, {date:yyyy-MM-dd}", "" };
        lines.AddRange(Machine.Describe(date));
        lines.AddRange(["", $"Contenders take turns, {rounds} rounds, after one unmeasured step each. Judge ratios; milliseconds are this run's.", ""]);
        lines.ForEach(Console.WriteLine);

        using var llmc = Llmc.Build(SharedFolder(), out var noLlmc);
        void Report(List<string> row)
        {
            row.ForEach(Console.WriteLine);
            lines.AddRange(row);
        }
        foreach (var setting in Settings.Where(s => s.ToString().Contains(only, StringComparison.Ordinal)))
            Report(StepRow.Measure(setting, setting.Shape == GptShape.SmallCharacters ? rounds * 10 : rounds, llmc, noLlmc));
        foreach (var (name, measure) in OtherRows.All.Where(r => r.Name.Contains(only, StringComparison.Ordinal)))
            Report(measure());

        if (only.Length > 0) return 0;
        var folder = Path.Combine(RepositoryRoot(), "benchmarks", "results");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{date:yyyy-MM-dd}-{Machine.Slug}.md");
        var temporary = path + ".writing";
        File.WriteAllLines(temporary, lines);
        File.Move(temporary, path, overwrite: true);
        Console.Error.WriteLine($"written to {path}");
        return 0;
    }

    /// <summary>`LOQUAT_SHARED`, else `shared` beside the repository.</summary>
    private static string SharedFolder() =>
        Environment.GetEnvironmentVariable("LOQUAT_SHARED") is { Length: > 0 } named ? named : Path.Combine(RepositoryRoot(), "..", "shared");

    internal static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Loquat.slnx"))) return folder.FullName;
        return Directory.GetCurrentDirectory();
    }
}
