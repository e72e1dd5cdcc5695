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
    /// <param name="only">Rows whose name contains this; all when empty. In the file of the day they take the place of rows of the same name, so that a table can be measured row by row.</param>
    public static int Run(int rounds, string only, TimeProvider time)
    {
        var date = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var lines = new List<string> { $"# Benchmark table, {date:yyyy-MM-dd}", "" };
        lines.AddRange(Machine.Describe(date));
        lines.AddRange(["", $"Contenders take turns after one unmeasured step each. Judge ratios; milliseconds are those of a row's own minutes.", ""]);
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

        var folder = Path.Combine(RepositoryRoot(), "benchmarks", "results");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{date:yyyy-MM-dd}-{Machine.Slug}.md");
        var temporary = path + ".writing";
        File.WriteAllLines(temporary, Merged(File.Exists(path) ? File.ReadAllLines(path) : [], lines).ToList());
        File.Move(temporary, path, overwrite: true);
        Console.Error.WriteLine($"written to {path}");
        return 0;
    }

    /// <summary>The new heading and rows, and the old rows that were not measured anew, in the order of the table; what is no row of it comes last.</summary>
    private static IEnumerable<string> Merged(IReadOnlyList<string> old, IReadOnlyList<string> measured)
    {
        var (heading, rows) = Sections(measured);
        foreach (var (name, row) in Sections(old).Rows) rows.TryAdd(name, row);
        var order = Settings.Select(s => s.ToString()).Concat(OtherRows.All.Select(r => r.Name)).ToList();
        return heading.Concat(rows.OrderBy(r => order.IndexOf(r.Key) is >= 0 and var at ? at : order.Count).SelectMany(r => r.Value));
    }

    private static (List<string> Heading, Dictionary<string, List<string>> Rows) Sections(IEnumerable<string> lines)
    {
        var (heading, rows) = (new List<string>(), new Dictionary<string, List<string>>());
        var current = heading;
        foreach (var line in lines)
        {
            if (line.StartsWith("### ", StringComparison.Ordinal)) rows[line[4..]] = current = [];
            current.Add(line);
        }
        return (heading, rows);
    }

    /// <summary>`LOQUAT_SHARED`, else `shared` beside the repository.</summary>
    internal static string SharedFolder() =>
        Environment.GetEnvironmentVariable("LOQUAT_SHARED") is { Length: > 0 } named ? named : Path.Combine(RepositoryRoot(), "..", "shared");

    internal static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Loquat.slnx"))) return folder.FullName;
        return Directory.GetCurrentDirectory();
    }
}
