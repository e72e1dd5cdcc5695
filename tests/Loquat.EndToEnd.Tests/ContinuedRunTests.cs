using System.Text.RegularExpressions;

namespace Loquat.EndToEnd.Tests;

/// <summary>A run that goes on otherwise than it began: longer, slower, in another precision; what its past depends on is refused.</summary>
public sealed partial class ContinuedRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Extended_at_a_constant_rate_it_makes_the_steps_of_a_run_that_was_longer_from_the_start()
    {
        Train("long", "training.max_steps=60", "training.lr_scheduler.type=constant_with_warmup");
        Train("short", "training.max_steps=40", "training.lr_scheduler.type=constant_with_warmup");
        Resume("short", "training.max_steps=60").ExitCode.Should().Be(0);
        Steps("short").Should().Equal(Steps("long"));
        File.ReadAllText(_folder.File("short/recipe.lock.yaml")).Should().Contain("# step 40: training.max_steps: 40 -> 60\n");
    }

    [Fact]
    public void What_may_change_is_changed_from_there_on_and_stands_in_the_lock()
    {
        Train("run", "training.max_steps=20");
        var changed = Resume("run", "training.max_steps=40", "training.optimizer.learning_rate=5e-4", "training.lr_scheduler.type=linear", "training.lr_scheduler.min_lr_ratio=null", "training.eval_steps=10", "training.eval_rows=4", "training.save_steps=7",
            "training.per_device_train_batch_size=2", "training.gradient_accumulation_steps=2", "training.precision=bf16");
        changed.ExitCode.Should().Be(0, changed.All);
        var text = File.ReadAllText(_folder.File("run/recipe.lock.yaml"));
        foreach (var change in (string[])["training.max_steps: 20 -> 40", "training.optimizer.learning_rate: 0.001 -> 0.0005", "training.lr_scheduler.type: nanogpt_cosine -> linear", "training.eval_steps: 20 -> 10", "training.eval_rows: 8 -> 4", "training.save_steps: 10 -> 7", "training.precision: fp32 -> bf16"])
            text.Should().Contain($"# step 20: {change}\n");
        TinyRun.Metrics(_folder.File("run")).Should().Contain(line => line.StartsWith("{\"step\":30,\"eval_loss\"")).And.Contain(line => line.StartsWith("{\"step\":40,\"tokens\":5120,"));
        Resume("run", "training.max_steps=44", "training.precision=fp32").ExitCode.Should().Be(0);
        File.ReadAllText(_folder.File("run/recipe.lock.yaml")).Should().StartWith(text[..text.IndexOf("\n\n", StringComparison.Ordinal)]).And.Contain("# step 40: training.precision: bf16 -> fp32\n");
    }

    [Fact]
    public void What_the_past_depends_on_is_refused_by_key_with_the_reason()
    {
        Train("run", "training.max_steps=10");
        var before = File.ReadAllBytes(_folder.File("run/recipe.lock.yaml"));
        var refused = Resume("run", "model.hidden_size=64", "seed=2", "data.story_megabytes=0.3", "tokenizer.vocab_size=400", "training.optimizer.type=adamw", "training.optimizer.muon_learning_rate=null", "training.context_length=16");
        refused.ExitCode.Should().Be(2);
        refused.Error.Should().Contain("model.hidden_size is 64, in the run 32: ").And.Contain("seed is 2, in the run 1337: ").And.Contain("data.story_megabytes is 0.3, in the run 0.2: ")
            .And.Contain("tokenizer.vocab_size is 400, in the run 384: ").And.Contain("training.optimizer.type is adamw, in the run muon: ").And.Contain("training.context_length is 16, in the run none: ");
        Resume("run", "training.max_steps=9").Error.Should().Contain("the run has made 10 steps");
        File.ReadAllBytes(_folder.File("run/recipe.lock.yaml")).Should().Equal(before);
    }

    [Fact]
    public void Diverged_it_advises_what_works()
    {
        var diverged = Train("run", "training.max_steps=400", "training.optimizer.learning_rate=60", "training.optimizer.muon_learning_rate=100", "training.eval_steps=400", "training.optimizer.weight_decay=0.3", "training.lr_scheduler.warmup_steps=20");
        diverged.ExitCode.Should().Be(3, diverged.All);
        diverged.Error.Should().Contain("The checkpoint of step ");
        var advice = Setting().Matches(diverged.Error).Select(match => match.Groups[1].Value).ToList();
        advice.Should().Contain(a => a.StartsWith("training.optimizer.learning_rate=")).And.Contain(a => a.StartsWith("training.optimizer.muon_learning_rate="));
        // The advice repeated until the rate is one that this model can bear: each time it is taken, and goes on from the checkpoint.
        for (var tries = 0; ; tries++)
        {
            tries.Should().BeLessThan(6);
            var next = Resume("run", [.. advice.Where(a => a.Contains("learning_rate")), "training.max_steps=60", "training.save_steps=100"]);
            next.Error.Should().Contain("resuming after step");
            if (next.ExitCode == 0) break;
            next.ExitCode.Should().Be(3, next.All);
            advice = [.. Setting().Matches(next.Error).Select(match => match.Groups[1].Value)];
        }
    }

    private Outcome Train(string run, params string[] settings) => CommandLine.Run(_folder.Path, ["train", TinyRun.Write(_folder), "--out", run, .. Set(settings)]);

    private Outcome Resume(string run, params string[] settings) => CommandLine.Run(_folder.Path, ["train", run, "--resume", .. Set(settings)]);

    private static IEnumerable<string> Set(string[] settings) => settings.SelectMany(setting => (string[])["--set", setting]);

    private IEnumerable<string> Steps(string run) => TinyRun.Metrics(_folder.File(run)).Where(line => !line.Contains("eval_loss")).Select(line => line.Split(",\"learning_rate\"")[0]);

    [GeneratedRegex(@"--set (\S+?)[. ]*(?=\s|$)")]
    private static partial Regex Setting();

    public void Dispose() => _folder.Dispose();
}
