namespace Loquat.EndToEnd.Tests;

/// <summary>A run that is killed or interrupted at any moment and resumed leaves the metrics of one that never stopped, byte for byte but for times.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Killed_at_random_moments_it_goes_on_as_if_never_stopped()
    {
        var whole = Reference(out var seconds);
        var random = new Random(7);
        for (var round = 0; round < LongTests.Rounds(3, 100); round++)
        {
            var run = _folder.File($"killed-{round}");
            var kills = 0;
            for (var tries = 0; tries < 3; tries++)
            {
                using var process = Start(run);
                if (!process.WaitForExit(TimeSpan.FromSeconds(seconds * (0.2 + 0.8 * random.NextDouble()))))
                {
                    process.Kill();
                    process.WaitForExit();
                    kills++;
                }
            }
            CommandLine.Finish(Start(run)).ExitCode.Should().Be(0);
            TinyRun.Metrics(run).Should().Equal(whole, $"round {round} was killed {kills} times");
            Directory.Delete(run, recursive: true);
        }
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public void Interrupted_it_writes_a_checkpoint_says_so_and_goes_on(string signal, int exitCode)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("signals are a Unix thing");
        var whole = Reference(out _);
        var run = _folder.File("interrupted");
        var process = CommandLine.StartInterruptible(_folder.Path, Arguments(run));
        while (!File.Exists(Path.Combine(run, "metrics.jsonl")) || TinyRun.Metrics(run).Length < 12) Thread.Sleep(5);
        CommandLine.Interrupt(process, signal);
        var stopped = CommandLine.Finish(process);
        stopped.ExitCode.Should().Be(exitCode, stopped.All);
        stopped.Error.Should().Contain("--resume").And.EndWith(signal == "INT" ? "interrupted\n" : "stopped by a signal\n");
        TinyRun.Metrics(run).Length.Should().BeLessThan(whole.Length);
        CommandLine.Finish(Start(run)).ExitCode.Should().Be(0);
        TinyRun.Metrics(run).Should().Equal(whole);
    }

    [Fact]
    public void A_full_disk_is_said_and_leaves_the_old_checkpoint_whole()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("file size limits are a Unix thing");
        var whole = Reference(out _);
        var run = _folder.File("full");
        Directory.CreateDirectory(run);
        // Room for the text and small files, not for the optimizer's state.
        var full = CommandLine.RunOnSmallDisk(_folder.Path, 200, Arguments(run));
        full.ExitCode.Should().Be(5, full.All);
        full.Error.Should().Contain("cannot be written").And.Contain("Free some space");
        Directory.EnumerateFileSystemEntries(run, "*.writing", SearchOption.AllDirectories).Should().BeEmpty();
        CommandLine.Finish(Start(run)).ExitCode.Should().Be(0);
        TinyRun.Metrics(run).Should().Equal(whole);
    }

    [Fact]
    public void Another_recipe_or_a_damaged_checkpoint_is_refused()
    {
        Reference(out _);
        var run = _folder.File("whole");
        var other = CommandLine.Run(_folder.Path, "train", _folder.File("tiny.yaml"), "--out", run, "--resume", "--set", "model.hidden_size=64");
        other.ExitCode.Should().Be(2);
        other.Error.Should().Contain("model.hidden_size is 64, in the run 32");
        var weights = Path.Combine(run, "checkpoints", "last", "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, bytes[..(bytes.Length / 2)]);
        CommandLine.Run(_folder.Path, "train", run, "--resume").ExitCode.Should().Be(4);
        File.Delete(weights);
        var missing = CommandLine.Run(_folder.Path, "train", run, "--resume");
        missing.ExitCode.Should().Be(4);
        missing.Error.Should().Contain("model.safetensors");
    }

    private string[] Reference(out double seconds)
    {
        TinyRun.Write(_folder);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var outcome = CommandLine.Finish(Start(_folder.File("whole")));
        seconds = watch.Elapsed.TotalSeconds;
        outcome.ExitCode.Should().Be(0, outcome.All);
        return TinyRun.Metrics(_folder.File("whole"));
    }

    private System.Diagnostics.Process Start(string run) => CommandLine.Start(_folder.Path, Arguments(run));

    private string[] Arguments(string run) =>
        ["train", _folder.File("tiny.yaml"), "--out", run, .. File.Exists(Path.Combine(run, "recipe.lock.yaml")) ? (string[])["--resume"] : []];

    public void Dispose() => _folder.Dispose();
}
