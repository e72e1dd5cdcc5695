using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>Sweeps as a user runs them: the recipes' own in miniature, killed workers, several workers, a store that is not there.</summary>
public sealed class SweepTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "recipes", "sweeps"), "*.yaml").Select(f => Path.GetFileName(f))];

    [Theory, MemberData(nameof(Files))]
    public void A_sweep_of_the_repository_finds_a_recipe_that_trains_to_the_same_loss(string file)
    {
        WriteText();
        var population = file.StartsWith("population", StringComparison.Ordinal);
        string[] small = ["data.path=text.txt", "training.max_steps=18", "training.eval_steps=2", "training.eval_rows=2", "training.lr_scheduler.warmup_steps=1", "model.n_embd=16", "model.n_layer=1", "model.n_positions=32"];
        var outcome = CommandLine.Run(_folder.Path, ["sweep", Path.Combine(SharedFolder.RepositoryRoot, "recipes", "sweeps", file), "--out", "found", .. population ? (string[])[] : ["--trials", "9"], "--json", .. small.SelectMany(s => (string[])["--set", s])]);
        outcome.ExitCode.Should().Be(0, outcome.All);
        using var found = JsonDocument.Parse(outcome.Output);
        JsonDocument.Parse(File.ReadAllText(_folder.File("found/report.json"))).RootElement.GetRawText().Trim().Should().Be(outcome.Output.Trim());
        File.ReadAllText(_folder.File("found/report.html")).Should().Contain("Parallel coordinates");

        CommandLine.Run(_folder.Path, "train", "found/best.yaml", "--out", "best").ExitCode.Should().Be(0);
        // The best of a population had other values before its last ones: its model is there, and its recipe says so.
        var best = population ? $"found/trials/{found.RootElement.GetProperty("best").GetProperty("number")}" : "best";
        if (population) File.ReadAllText(_folder.File("found/best.yaml")).Should().Contain("#   from step 0, trial ");
        using var trained = JsonDocument.Parse(File.ReadAllText(_folder.File($"{best}/evaluation.json")));
        var key = found.RootElement.GetProperty("objective").GetProperty("metric").GetString()!;
        found.RootElement.GetProperty("best").GetProperty("value").GetDouble().Should().Be(trained.RootElement.GetProperty(key).GetDouble());
    }

    [Fact]
    public void Stopped_killed_and_started_again_beside_another_worker_it_finds_what_one_worker_finds()
    {
        WriteSweep();
        var alone = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "alone", "--json");
        alone.ExitCode.Should().Be(0, alone.All);

        var first = CommandLine.StartInterruptible(_folder.Path, "sweep", "sweep.yaml", "--out", "shared");
        Wait(first, () => File.Exists(_folder.File("shared/trials/0/metrics.jsonl")));
        CommandLine.Interrupt(first);
        var stopped = CommandLine.Finish(first);
        stopped.ExitCode.Should().Be(130, stopped.All);
        stopped.Error.Should().Contain("go on with: loquat sweep sweep.yaml").And.EndWith("interrupted\n");
        File.Exists(_folder.File("shared/report.html")).Should().BeTrue("of what was found so far");

        var second = CommandLine.Start(_folder.Path, "sweep", "sweep.yaml", "--out", "shared");
        Wait(second, () => File.Exists(_folder.File("shared/trials/1/metrics.jsonl")));
        CommandLine.Interrupt(second, "KILL");
        CommandLine.Finish(second);

        var worker = CommandLine.Start(_folder.Path, "sweep", "sweep.yaml", "--out", "shared", "--worker");
        var again = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "shared", "--json");
        var helped = CommandLine.Finish(worker);
        helped.ExitCode.Should().Be(0, helped.All);
        again.ExitCode.Should().Be(0, again.All);
        Trials(again.Output).Should().Equal(Trials(alone.Output));
    }

    [Fact]
    public void A_population_whose_worker_is_killed_finds_what_it_finds_alone()
    {
        WriteSweep();
        var path = _folder.File("sweep.yaml");
        File.WriteAllText(path, File.ReadAllText(path).Replace("  model.hidden_size: [16, 32]", "  training.per_device_train_batch_size: {type: int, low: 2, high: 8}", StringComparison.Ordinal)
            .Replace("trials: 3", "trials: 9", StringComparison.Ordinal).Replace("sampler: {type: random}", "sampler: {type: population, size: 3, generations: 3}\ncheckpoints: best", StringComparison.Ordinal));
        var alone = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "alone", "--json");
        alone.ExitCode.Should().Be(0, alone.All);
        using (var json = JsonDocument.Parse(alone.Output))
        {
            var trials = json.RootElement.GetProperty("trials").EnumerateArray().ToList();
            trials.Should().HaveCount(9);
            trials.Skip(3).Should().AllSatisfy(t => t.GetProperty("parent").GetInt32().Should().BeLessThan(t.GetProperty("number").GetInt32()));
            // What a member trained before it went on stands in its own metrics.
            TinyRun.Metrics(_folder.File("alone/trials/8")).Count(line => line.Contains("\"loss\"", StringComparison.Ordinal)).Should().Be(40);
            Directory.Exists(_folder.File("alone/trials/0/checkpoints")).Should().BeFalse("two generations on, nobody needs them");
        }
        foreach (var trial in (int[])[1, 4])
        {
            var killed = CommandLine.Start(_folder.Path, "sweep", "sweep.yaml", "--out", "killed");
            Wait(killed, () => File.Exists(_folder.File($"killed/trials/{trial}/metrics.jsonl")));
            CommandLine.Interrupt(killed, "KILL");
            CommandLine.Finish(killed);
        }
        var again = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "killed", "--json");
        again.ExitCode.Should().Be(0, again.All);
        Trials(again.Output).Should().Equal(Trials(alone.Output));

        File.WriteAllText(path, File.ReadAllText(path).Replace("training.per_device_train_batch_size", "model.num_hidden_layers", StringComparison.Ordinal).Replace("trials: 9", "trials: 5", StringComparison.Ordinal) + "pruner: {type: asha}\n");
        var wrong = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "wrong");
        wrong.ExitCode.Should().Be(2);
        wrong.Error.Should().Contain("pruner is asha").And.Contain("3 members in 3 generations are 9 trials").And.Contain("space: model.num_hidden_layers").And.Contain("the checkpoint's weights have it");
    }

    [Fact]
    public void A_store_that_is_not_there_is_one_error()
    {
        WriteSweep();
        File.AppendAllText(_folder.File("sweep.yaml"), "storage: postgres://nobody@127.0.0.1:1/none\n");
        var down = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "d");
        down.ExitCode.Should().Be(5);
        down.Error.Split('\n').Should().ContainSingle(line => line.StartsWith("error: ", StringComparison.Ordinal)).Which.Should().Contain("postgres://127.0.0.1:1/none: the study cannot be read or written");
    }

    [Fact]
    public void Eight_workers_that_are_killed_by_chance_share_a_database()
    {
        LongTests.Require();
        using var server = new PostgresServer();
        WriteSweep(trials: 24);
        var alone = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "alone", "--json");
        File.AppendAllText(_folder.File("sweep.yaml"), $"storage: {server.Address()}\n");
        var random = new Random(1);
        var workers = Enumerable.Range(0, 8).Select(_ => Begin()).ToList();
        for (var kills = 0; workers.Count > 0;)
        {
            Thread.Sleep(random.Next(300, 2000));
            var at = random.Next(workers.Count);
            var worker = workers[at];
            workers.RemoveAt(at);
            if (!worker.HasExited && kills++ < 16)
            {
                CommandLine.Interrupt(worker, "KILL");
                workers.Add(Begin());
            }
            var outcome = CommandLine.Finish(worker);
            outcome.ExitCode.Should().BeOneOf(0, 137);
        }
        var joined = CommandLine.Run(_folder.Path, "sweep", "sweep.yaml", "--out", "shared", "--json");
        joined.ExitCode.Should().Be(0, joined.All);
        Trials(joined.Output).Should().Equal(Trials(alone.Output));

        System.Diagnostics.Process Begin() => CommandLine.Start(_folder.Path, "sweep", "sweep.yaml", "--out", "shared", "--worker");
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Trials(string json)
    {
        using var result = JsonDocument.Parse(json);
        return [.. result.RootElement.GetProperty("trials").EnumerateArray().Select(t => $"{t.GetProperty("number")} {t.GetProperty("state")} {t.GetProperty("value")} {t.GetProperty("configuration").GetRawText()}")];
    }

    private static void Wait(System.Diagnostics.Process process, Func<bool> until)
    {
        for (var tries = 0; !until(); tries++)
        {
            if (process.HasExited) Assert.Fail(CommandLine.Finish(process).All);
            if (tries > 3000) Assert.Fail("nothing happens");
            Thread.Sleep(20);
        }
    }

    private void WriteSweep(int trials = 3)
    {
        File.WriteAllText(_folder.File("tiny.yaml"), TinyRun.Recipe);
        File.WriteAllText(_folder.File("sweep.yaml"), $$"""
            name: tiny-sweep
            recipe: tiny.yaml
            set: {data.story_megabytes: 0.05, tokenizer.vocab_size: 300, training.max_steps: 40, training.eval_steps: 10, training.sample_prompt: null}
            space:
              training.optimizer.muon_learning_rate: {type: log_uniform, low: 1e-3, high: 1e-1}
              model.hidden_size: [16, 32]
            budget:
              trials: {{trials}}
            sampler: {type: random}

            """);
    }

    private void WriteText() => File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 3000).Select(i => $"Line {i * 7919 % 1000}, and some words: {(char)('a' + i % 26)} {i % 97} times.\n")));
}
