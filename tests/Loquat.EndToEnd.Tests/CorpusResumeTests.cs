using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>`collect` and `preprocess`, killed at any moment or on a full disk, give with the same command again what a run gives that was never stopped.</summary>
public sealed class CorpusResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static int Kills => LongTests.Rounds(6, 50);

    [Fact]
    public void A_crawl_that_is_killed_loses_no_page_and_keeps_none_twice()
    {
        const int Pages = 120;
        using var site = new TestSite();
        site.Page("/", [.. Enumerable.Range(0, Pages).Where(i => i % 9 == 0).Select(i => $"/{i}")]);
        for (var i = 0; i < Pages; i++) site.Page($"/{i}", $"/{(i + 1) % Pages}", $"/{i * 17 % Pages}");
        string[] command = ["collect", site.Address, "--allow-private", "--delay", "0.01", "--format", "jsonl", "--out", "site"];
        var refused = CommandLine.Run(_folder.Path, "collect", site.Address, "--delay", "0.01", "--out", "private");
        refused.ExitCode.Should().Be(3);
        refused.Error.Should().Contain("private network");
        site.Requests.Should().BeEmpty();
        var random = new Random(5);
        for (var kill = 0; kill < Kills; kill++)
        {
            var enough = site.Requests.Count + 1 + random.Next(Pages / 6);
            using var process = CommandLine.Start(_folder.Path, command);
            while (!process.HasExited && site.Requests.Count < enough) Thread.Sleep(2);
            process.Kill();
            process.WaitForExit();
            if (File.Exists(_folder.File("site/collection.json"))) break; // it was faster than the kill
        }
        var outcome = CommandLine.Run(_folder.Path, command);
        outcome.ExitCode.Should().Be(0, outcome.All);
        var urls = File.ReadLines(_folder.File("site/documents-00000.jsonl")).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("url").GetString()!).ToList();
        urls.Should().OnlyHaveUniqueItems().And.BeEquivalentTo(Enumerable.Range(0, Pages).Select(i => $"{site.Address}/{i}").Append($"{site.Address}/"));
    }

    [Fact]
    public void Killed_at_random_moments_collect_goes_on_as_if_never_stopped()
    {
        using (var rows = File.CreateText(_folder.File("rows.csv")))
        {
            rows.WriteLine("id,text");
            for (var i = 0; i < 110_000; i++) rows.WriteLine($"{i},The row {i} tells of {i * 7919L % 100_003} things.");
        }
        Directory.CreateDirectory(_folder.File("more"));
        File.WriteAllText(_folder.File("more/broken.zip"), "PK\x03\x04 and nothing behind it");
        File.WriteAllText(_folder.File("more/a.txt"), "A text that comes behind the rows.");
        Resumes(o => ["collect", "rows.csv", "more", "--out", o], full: 700);
    }

    [Fact]
    public void Killed_at_random_moments_preprocess_goes_on_as_if_never_stopped()
    {
        WriteCorpus(1500);
        Resumes(o => ["preprocess", "--steps", "repair,language:min_probability=0,near_dedup,gopher_repetition", "corpus.jsonl", "--out", o], full: 100);
    }

    [Fact]
    public void Processes_of_a_launcher_write_what_one_writes()
    {
        WriteCorpus(600);
        string[] Command(string output) => ["preprocess", "--steps", "repair,exact_dedup,near_dedup,gopher_repetition", "corpus.jsonl", "--out", output];
        CommandLine.Run(_folder.Path, Command("alone")).ExitCode.Should().Be(0);
        var processes = Enumerable.Range(0, 2).Select(rank => CommandLine.Launch(_folder.Path, "dotnet", [Path.Combine(AppContext.BaseDirectory, "Loquat.Cli.dll"), .. Command("shared")],
            new Dictionary<string, string> { ["OMPI_COMM_WORLD_RANK"] = $"{rank}", ["OMPI_COMM_WORLD_SIZE"] = "2" })).ToList();
        foreach (var process in processes) CommandLine.Finish(process).ExitCode.Should().Be(0);
        Content("shared").Should().Equal(Content("alone"));
    }

    private void WriteCorpus(int documents)
    {
        var random = new Random(11);
        string[] words = ["the", "river", "ran", "past", "old", "mills", "where", "cafÃ©", "owners", "sold", "bread", "to", "travelers", "who", "came", "from", "far", "towns"];
        File.WriteAllLines(_folder.File("corpus.jsonl"), Enumerable.Range(0, documents).Select(i => JsonSerializer.Serialize(new { id = $"d{i}", text = string.Join(' ', Enumerable.Range(0, 60 + random.Next(100)).Select(_ => words[random.Next(words.Length)])) })));
    }

    private void Resumes(Func<string, string[]> command, int full)
    {
        var watch = Stopwatch.StartNew();
        var first = CommandLine.Run(_folder.Path, command("whole"));
        first.ExitCode.Should().Be(0, first.All);
        var seconds = watch.Elapsed.TotalSeconds;
        var whole = Content("whole");
        var random = new Random(7);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = CommandLine.Start(_folder.Path, command("killed"));
            if (process.WaitForExit(TimeSpan.FromSeconds(seconds * (0.1 + 0.9 * random.NextDouble())))) break;
            process.Kill();
            process.WaitForExit();
        }
        CommandLine.Run(_folder.Path, command("killed")).ExitCode.Should().Be(0);
        Content("killed").Should().Equal(whole);
        if (OperatingSystem.IsWindows()) return;
        // A limit on files is how a full disk looks.
        var stopped = CommandLine.RunOnSmallDisk(_folder.Path, full, command("full"));
        stopped.ExitCode.Should().Be(5, stopped.All);
        stopped.Error.Should().Contain("cannot be written").And.Contain("Free some space");
        if (Directory.Exists(_folder.File("full"))) Directory.EnumerateFileSystemEntries(_folder.Path, "*.writing", SearchOption.AllDirectories).Should().BeEmpty();
        CommandLine.Run(_folder.Path, command("full")).ExitCode.Should().Be(0);
        Content("full").Should().Equal(whole);
    }

    private List<string> Content(string name) => [.. Directory.GetFiles(_folder.File(name)).Order(StringComparer.Ordinal).Where(f => Path.GetFileName(f) != "collection.json")
        .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}")];

    public void Dispose() => _folder.Dispose();
}
