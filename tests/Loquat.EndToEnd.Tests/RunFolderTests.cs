namespace Loquat.EndToEnd.Tests;

/// <summary>A run's folder: one writer at a time, any number of readers, and data that mend themselves.</summary>
public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> DataFiles => ["tokenizer.json", "train.tokens", "validation.tokens", "key"];

    [Fact]
    public void A_second_writer_gets_one_error_and_readers_go_on()
    {
        using var first = CommandLine.Start(_folder.Path, "train", TinyRun.Write(_folder), "--out", "run", "--set", "training.max_steps=1000000", "--set", "training.sample_prompt=null", "--set", "training.save_steps=20");
        try
        {
            while (!Directory.Exists(_folder.File("run/checkpoints/last"))) Thread.Sleep(20);
            foreach (var again in (string[][])[["train", "run", "--resume"], ["train", "tiny.yaml", "--out", "run", "--resume"]])
            {
                var second = CommandLine.Run(_folder.Path, again);
                second.ExitCode.Should().Be(2, second.All);
                second.Error.Should().StartWith("error: ").And.Contain($"is being written by process {first.Id} on ");
                second.Error.TrimEnd().Should().NotContain("\n");
            }
            CommandLine.Run(_folder.Path, "evaluate", "run").ExitCode.Should().Be(0);
            CommandLine.Run(_folder.Path, "generate", "run", "--max-new-tokens", "3").ExitCode.Should().Be(0);
            first.HasExited.Should().BeFalse();
        }
        finally
        {
            first.Kill();
            first.WaitForExit();
        }
        // The dead process holds nothing.
        var resumed = CommandLine.Run(_folder.Path, "train", "run", "--resume", "--set", $"training.max_steps={LastStep() + 2}");
        resumed.ExitCode.Should().Be(0, resumed.All);
        Directory.EnumerateFiles(_folder.File("run"), ".writer*").Should().BeEmpty();
    }

    [Fact]
    public void Two_started_at_once_in_a_new_folder_are_one_run_and_one_error()
    {
        TinyRun.Write(_folder);
        var both = Enumerable.Range(0, 2).Select(_ => CommandLine.Start(_folder.Path, "train", "tiny.yaml", "--set", "training.max_steps=200")).ToList();
        var outcomes = both.ConvertAll(process => CommandLine.Finish(process));
        outcomes.Select(o => o.ExitCode).Order().Should().Equal([0, 2], outcomes[0].All + outcomes[1].All);
        outcomes.Single(o => o.ExitCode == 2).Error.Should().Contain("is being written by").And.NotContain("   at ");
    }

    [Theory, MemberData(nameof(DataFiles))]
    public void Damaged_or_missing_data_are_made_anew_from_the_text(string file)
    {
        var whole = Own("whole");
        Own("run", "training.max_steps=20");
        var path = _folder.File($"run/data/{file}");
        var bytes = File.ReadAllBytes(path);
        var damaged = (byte[])bytes.Clone();
        damaged[^9] ^= 1;
        foreach (var content in (byte[]?[])[damaged, bytes[..(bytes.Length / 2)], [], null])
        {
            if (content is null) File.Delete(path);
            else File.WriteAllBytes(path, content);
            var resumed = CommandLine.Run("/", "train", _folder.File("run"), "--resume", "--set", "training.max_steps=60");
            resumed.ExitCode.Should().Be(0, resumed.All);
            File.ReadAllBytes(path).Should().Equal(bytes);
        }
        TinyRun.Metrics(_folder.File("run")).Where(IsStep).Select(WithoutRate).Take(20).Should().Equal(TinyRun.Metrics(whole).Where(IsStep).Select(WithoutRate).Take(20));
    }

    [Fact]
    public void With_whole_data_a_run_goes_on_without_its_text_from_anywhere()
    {
        Own("run", "training.max_steps=20");
        File.ReadAllText(_folder.File("run/recipe.lock.yaml")).Should().Contain($"path: {_folder.File("own.txt")}\n");
        File.Move(_folder.File("own.txt"), _folder.File("elsewhere.txt"));
        var resumed = CommandLine.Run("/", "train", _folder.File("run"), "--resume", "--set", "training.max_steps=22");
        resumed.ExitCode.Should().Be(0, resumed.All);

        File.Delete(_folder.File("run/data/train.tokens"));
        var lost = CommandLine.Run(_folder.Path, "train", "run", "--resume");
        lost.ExitCode.Should().Be(3);
        lost.Error.Should().Contain("train.tokens").And.Contain("own.txt").And.Contain("anew from the text");

        File.WriteAllText(_folder.File("own.txt"), Text(901));
        var other = CommandLine.Run(_folder.Path, "train", "run", "--resume");
        other.ExitCode.Should().Be(3);
        other.Error.Should().Contain("not the text").And.Contain("own.txt");

        var moved = CommandLine.Run(_folder.Path, "train", "run", "--resume", "--set", "data.path=elsewhere.txt");
        moved.ExitCode.Should().Be(0, moved.All);
        var another = CommandLine.Run(_folder.Path, "train", "run", "--resume", "--set", "data.path=own.txt");
        another.ExitCode.Should().Be(3, "another text is no longer taken for the run's because its data are whole");
    }

    private string Own(string run, params string[] settings)
    {
        File.WriteAllText(_folder.File("own.txt"), Text(900));
        string[] all = ["data.path=own.txt", "data.story_megabytes=null", "tokenizer.vocab_size=300", "training.lr_scheduler.type=constant_with_warmup", "training.lr_scheduler.min_lr_ratio=null", .. settings];
        var trained = CommandLine.Run(_folder.Path, ["train", TinyRun.Write(_folder), "--out", run, .. all.SelectMany(setting => (string[])["--set", setting])]);
        trained.ExitCode.Should().Be(0, trained.All);
        return _folder.File(run);
    }

    private static string Text(int lines) => string.Concat(Enumerable.Range(0, lines).Select(i => $"The {i % 7} brown foxes jump over {i} lazy dogs.\n"));

    private static bool IsStep(string line) => !line.Contains("eval_loss");

    private static string WithoutRate(string line) => line.Split(",\"learning_rate\"")[0];

    private long LastStep()
    {
        using var state = System.Text.Json.JsonDocument.Parse(File.ReadAllText(_folder.File("run/checkpoints/last/training_state.json")));
        return state.RootElement.GetProperty("step").GetInt64();
    }

    public void Dispose() => _folder.Dispose();
}
