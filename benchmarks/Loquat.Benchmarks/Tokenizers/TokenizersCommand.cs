namespace Loquat.Benchmarks.Tokenizers;

/// <summary>Measures training, encoding, decoding and loading with every contender in one run, and keeps the tables when they are whole.</summary>
internal static class TokenizersCommand
{
    /// <param name="only">Tables whose name contains this; all when empty. Part is printed, not kept.</param>
    public static int Run(string only, TimeProvider time)
    {
        var shared = TableCommand.SharedFolder();
        if (!Directory.Exists(shared)) throw new DataException($"{shared}: there is no such folder; texts and tokenizers are taken from its data/ and fixtures/. Set LOQUAT_SHARED to the folder that holds them.");
        var folder = Directory.CreateTempSubdirectory("loquat-benchmarks-").FullName;
        try
        {
            var date = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            var report = new BenchmarkReport(Console.Out);
            report.Add($"# Tokenizers, {date:yyyy-MM-dd}", "");
            report.Add([.. Machine.DescribeSystem(date)]);
            report.Add("", "Each contender runs in a process of its own; MB are millions of UTF-8 bytes; training includes reading the file, encoding and decoding take the least of the passes over text in memory that two seconds hold, three at least (the npm package: three).", "");
            var tables = new TokenizerTables(shared, folder, report);
            foreach (var (name, measure) in tables.All.Where(t => t.Name.Contains(only, StringComparison.Ordinal))) measure(name);
            if (only.Length > 0) return 0;
            var path = Path.Combine(TableCommand.RepositoryRoot(), "benchmarks", "results", $"{date:yyyy-MM-dd}-{Machine.Slug}-tokenizers.md");
            report.Save(path);
            Console.Error.WriteLine($"written to {path}");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
