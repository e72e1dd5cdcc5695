using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace Loquat.EndToEnd.Tests;

/// <summary>The programs of samples/ are built with the solution; here they run.</summary>
public sealed partial class SampleTests
{
    [Fact]
    public void One_trains_on_a_text_of_ones_own_and_writes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("book.txt"), string.Concat(Enumerable.Range(0, 1500).Select(i => $"On day {i} the {(i % 3 == 0 ? "fox" : "hen")} went to the {(i % 7 < 3 ? "river" : "barn")} and found {i % 11} apples.\n\n")));
        var outcome = CommandLine.Finish(Start(folder.Path, "TrainAndWrite", "book.txt", "30", "run", "On day"));
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Output.Should().MatchRegex(@"step +30   loss \d").And.Contain("bits per byte");
        outcome.Output.Split('\n').SkipWhile(line => !line.StartsWith("validation loss", StringComparison.Ordinal)).ElementAt(1).Should().StartWith("On day").And.Match("On day?*");
        File.Exists(folder.File("run/checkpoints/best/config.json")).Should().BeTrue();
        CommandLine.Finish(Start(folder.Path, "TrainAndWrite", "missing.txt")).Should().Match<Outcome>(o => o.ExitCode == 3 && o.Error.Contains("missing.txt"));
    }

    [Fact]
    public async Task One_answers_over_the_web_with_the_model_just_trained()
    {
        using var folder = new TemporaryFolder();
        using var process = Start(folder.Path, "WebWriter", "--urls", "http://127.0.0.1:0", "--steps", "20", "--run", "web", "--answers", "3");
        process.StandardInput.Close();
        try
        {
            var address = await Address(process);
            using var client = new HttpClient { BaseAddress = address };
            (await client.GetStringAsync("/")).Should().Contain("parameters");
            var text = await client.GetStringAsync("/write?prompt=One&tokens=20&seed=3");
            text.Should().NotBeEmpty().And.Be(await client.GetStringAsync("/write?prompt=One&tokens=20&seed=3"), "a seed repeats a text");
            using var wrong = await client.GetAsync("/write?tokens=-1");
            wrong.StatusCode.Should().Be(HttpStatusCode.BadRequest);
            (await wrong.Content.ReadAsStringAsync()).Should().Contain("max_new_tokens is -1");
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            process.ExitCode.Should().Be(0);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public void One_counts_tokens()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.txt"), string.Concat(Enumerable.Range(0, 4000).Select(i => $"{(char)('a' + i % 26)}{(char)('a' + i / 26 % 26)}{(char)('a' + i * 7 % 26)}e the cat sat on {i} mats\n")));
        File.WriteAllText(folder.File("b.txt"), "the cat");
        var learned = CommandLine.Finish(Start(folder.Path, "CountTokens", "learn", "a.txt", "b.txt"));
        learned.ExitCode.Should().Be(0, learned.All);
        learned.Output.Should().MatchRegex(@"a vocabulary of \d+").And.MatchRegex(@"tokens +\d\.\d\d bytes a token +a\.txt").And.Contain("most used: ");
        CommandLine.Finish(Start(folder.Path, "CountTokens", "missing.json", "b.txt")).Should().Match<Outcome>(o => o.ExitCode == 3 && o.Error.Contains("missing.json"));
    }

    /// <summary>Waits for the line that tells where the server listens; reads on afterwards, so that it never waits for its reader.</summary>
    private static async Task<Uri> Address(Process process)
    {
        var found = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lines = new List<string>();
        void Read(object sender, DataReceivedEventArgs line)
        {
            lock (lines) lines.Add(line.Data ?? "");
            if (Listening().Match(line.Data ?? "") is { Success: true } match) found.TrySetResult(new Uri(match.Groups[1].Value));
        }
        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExitAsync();
        if (await Task.WhenAny(found.Task, ended, Task.Delay(TimeSpan.FromMinutes(2))) == found.Task) return await found.Task;
        lock (lines) throw new InvalidOperationException("the server did not start:\n" + string.Join('\n', lines));
    }

    private static Process Start(string folder, string sample, params string[] arguments)
    {
        var program = Path.Combine(SharedFolder.RepositoryRoot, "samples", sample, "bin", Configuration, "net10.0", $"{sample}.dll");
        return CommandLine.Launch(folder, "dotnet", [program, .. arguments]);
    }

    /// <summary>The samples are built beside these tests, in the same way.</summary>
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    [GeneratedRegex(@"Now listening on: (http://\S+)")]
    private static partial Regex Listening();
}
