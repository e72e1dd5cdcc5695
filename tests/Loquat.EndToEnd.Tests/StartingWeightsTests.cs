using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>`train --from`: a run that begins with another's weights, or with those of a Hugging Face folder; and what the listing says of both.</summary>
public sealed class StartingWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string?> Folders => [.. SharedFolder.FoldersWith("tokenizer.json", "fixtures", "folders")];

    [Theory]
    [InlineData("fp32")]
    [InlineData("bf16")]
    public void It_begins_where_the_other_run_ended(string precision)
    {
        Train("first");
        var second = Train("second", ["--from", "first", "--set", "training.eval_rows=null", "--set", $"training.precision={precision}"]);
        second.ExitCode.Should().Be(0, second.All);
        // The first evaluation of the second run is the last of the first, on the whole text.
        using var final = JsonDocument.Parse(File.ReadAllText(_folder.File("first/evaluation.json")));
        Evaluations("second")[0].Should().BeApproximately(final.RootElement.GetProperty("loss").GetDouble(), precision == "fp32" ? 1e-6 : 0.02);
        File.ReadAllText(_folder.File("second/recipe.lock.yaml")).Should().Contain($"from: {_folder.File("first")}\n");
        File.ReadAllBytes(_folder.File("second/data/tokenizer.json")).Should().Equal(File.ReadAllBytes(_folder.File("first/data/tokenizer.json")));

        // From then on it needs the other no more.
        Directory.Move(_folder.File("first"), _folder.File("gone"));
        var resumed = CommandLine.Run(_folder.Path, "train", "second", "--resume", "--set", "training.max_steps=24");
        resumed.ExitCode.Should().Be(0, resumed.All);
        CommandLine.Run(_folder.Path, "generate", "second", "--max-new-tokens", "3").ExitCode.Should().Be(0);
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_key_and_leaves_nothing()
    {
        Train("first");
        var refused = Train("second", ["--from", "first", "--set", "model.hidden_size=64", "--set", "tokenizer.vocab_size=400", "--set", "model.model_type=llama"]);
        refused.ExitCode.Should().Be(2, refused.All);
        refused.Error.Should().Contain("model.hidden_size is 64; the model of first has 32").And.Contain("tokenizer.vocab_size is 400; the tokenizer of first has 384 tokens").And.Contain("model.model_type is \"llama\"");
        var missing = Train("second", ["--from", "nowhere"]);
        missing.ExitCode.Should().Be(4, missing.All);
        missing.Error.Should().Contain("nowhere: there is no such folder");
        Directory.Exists(_folder.File("second")).Should().BeFalse();
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_Hugging_Face_folder_brings_its_model_and_tokenizer_along(string? name)
    {
        File.WriteAllText(_folder.File("short.yaml"), "name: short\ndata:\n  story_megabytes: 0.05\ntraining:\n  max_steps: 2\n  context_length: 16\n  per_device_train_batch_size: 2\n  eval_rows: 2\n  lr_scheduler:\n    warmup_steps: 1\n");
        var folder = SharedFolder.Require("fixtures", "folders", name ?? "*");
        var trained = CommandLine.Run(_folder.Path, "train", "short.yaml", "--from", folder, "--out", "run");
        trained.ExitCode.Should().Be(0, trained.All);
        using var own = JsonDocument.Parse(File.ReadAllText(_folder.File("run/checkpoints/last/config.json")));
        using var theirs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        own.RootElement.GetProperty("vocab_size").GetInt32().Should().Be(theirs.RootElement.GetProperty("vocab_size").GetInt32());
    }

    [Fact]
    public void The_listing_compares_runs_and_a_report_stands_in_each()
    {
        Train("runs/one");
        Train("runs/two", ["--from", "runs/one", "--set", "training.max_steps=10"]);
        Directory.CreateDirectory(_folder.File("runs/broken/checkpoints"));
        var listed = CommandLine.Run(_folder.Path, "runs");
        listed.ExitCode.Should().Be(0, listed.All);
        listed.Output.Should().MatchRegex(@"runs/one +finished +20/20 ").And.MatchRegex(@"runs/two +finished +10/10 ").And.Contain("runs/broken  damaged: recipe.lock.yaml is missing").And.MatchRegex(@"training\.max_steps +20 \(one\); 10 \(two\)");
        using var json = JsonDocument.Parse(CommandLine.Run(_folder.Path, "runs", "--sort", "loss", "--json").Output);
        json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("state").GetString()).Should().Equal("finished", "finished", "damaged");
        json.RootElement.GetProperty("runs")[0].GetProperty("bits_per_byte").GetDouble().Should().BePositive();
        foreach (var run in (string[])["one", "two"])
            File.ReadAllText(_folder.File($"runs/{run}/report.html")).Should().Contain("<span class=\"state finished\">").And.Contain("What the model wrote");
        var again = CommandLine.Run(_folder.Path, "report", "runs/one", "--out", "page.html");
        again.Output.Trim().Should().Be("page.html");
        File.ReadAllText(_folder.File("page.html")).Should().EndWith("</html>\n");
        CommandLine.Run(_folder.Path, "report", "runs/broken").ExitCode.Should().Be(3);
    }

    private Outcome Train(string run, params string[] arguments) =>
        CommandLine.Run(_folder.Path, ["train", TinyRun.Write(_folder), "--out", run, "--set", "training.max_steps=20", .. arguments]);

    private List<double> Evaluations(string run) =>
        [.. File.ReadLines(_folder.File($"{run}/metrics.jsonl")).Where(line => line.Contains("\"eval_loss\"")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("eval_loss").GetDouble())];

    public void Dispose() => _folder.Dispose();
}
