using System.Text.Json;
using Loquat.Checkpoints;

namespace Loquat.EndToEnd.Tests;

/// <summary>Adapters from the command line: trained beside a run's weights, resumed, written with, scored, merged; and those of a task.</summary>
public sealed class AdapterRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void An_adapter_is_trained_resumed_exactly_used_and_merged()
    {
        var recipe = TinyRun.Write(_folder);
        Ok("train", recipe, "--out", "first", "--set", "training.max_steps=40");
        string[] settings =
        [
            "--from", "first", "--set", "adapter.type=lora", "--set", "adapter.r=4", "--set", "adapter.lora_alpha=32", "--set", "adapter.target_modules=q_proj,v_proj,o_proj,gate_proj,up_proj,down_proj", "--set", "adapter.lora_dropout=0.1", "--set", "training.optimizer.type=adamw",
            "--set", "training.optimizer.learning_rate=0.02", "--set", "training.lr_scheduler.type=constant", "--set", "training.lr_scheduler.warmup_steps=null",
        ];
        var straight = Ok(["train", recipe, .. settings, "--out", "straight", "--set", "training.max_steps=20"]);
        straight.Error.Should().Contain("lora: ").And.Contain("parameters are trained, beside the");
        Ok(["train", recipe, .. settings, "--out", "halves", "--set", "training.max_steps=10"]);
        Ok("train", "halves", "--resume", "--set", "training.max_steps=20");
        foreach (var file in (string[])["checkpoints/last/adapter_model.safetensors", "checkpoints/last/optimizer.safetensors", "checkpoints/best/adapter_model.safetensors"])
            File.ReadAllBytes(_folder.File($"halves/{file}")).Should().Equal(File.ReadAllBytes(_folder.File($"straight/{file}")), file);
        Steps("halves").Should().Equal(Steps("straight"));
        foreach (var checkpoint in (string[])["best", "last"]) File.Exists(_folder.File($"straight/checkpoints/{checkpoint}/model.safetensors")).Should().BeFalse();

        // The adapter's folder alone, the adapter on the model, and both merged are the same, and not the model as it was.
        const string Last = "straight/checkpoints/last";
        string[] greedy = ["The", "--temperature", "0", "--max-new-tokens", "12"];
        var alone = Ok(["generate", Last, .. greedy]).Output;
        Ok(["generate", "first", .. greedy, "--adapter", Last]).Output.Should().Be(alone);
        Ok("adapters", "merge", Last, "--out", "merged");
        Ok(["generate", "merged", .. greedy]).Output.Should().Be(alone);
        var loss = Loss("straight", "--checkpoint", "last");
        Loss("first", "--adapter", Last).Should().BeApproximately(loss, 1e-6);
        Math.Abs(Loss("first") - loss).Should().BeGreaterThan(1e-4);

        // Nothing is trained without the weights that it stands on, and nothing is overwritten.
        CommandLine.Run(_folder.Path, "adapters", "merge", Last, "--out", "merged").ExitCode.Should().Be(2);
        CommandLine.Run(_folder.Path, "train", recipe, "--set", "adapter.type=lora", "--out", "other").Error.Should().Contain("no model.from");
        var wrong = CommandLine.Run(_folder.Path, "train", recipe, "--from", "first", "--set", "adapter.target_modules=q_prj", "--out", "other");
        wrong.ExitCode.Should().Be(2);
        wrong.Error.Should().Contain("ends in 'q_prj'").And.Contain("q_proj");
        Ok("plan", "straight/recipe.lock.yaml").Output.Should().Contain("parameters are trained, beside the");
    }

    [Fact]
    public void The_recipe_of_a_text_of_ones_own_takes_two_steps()
    {
        Ok("train", TinyRun.Write(_folder), "--out", "first", "--set", "training.max_steps=4", "--set", "training.lr_scheduler.warmup_steps=1");
        File.WriteAllText(_folder.File("mine.txt"), string.Concat(Enumerable.Range(0, 2000).Select(i => $"Line {i * 7919 % 1000}, and some words.\n")));
        Ok("train", Recipe("text-lora"), "--from", "first", "--out", "second", "--set", "training.max_steps=2", "--set", "training.lr_scheduler.warmup_steps=1");
    }

    [Theory]
    [InlineData("prefix_tuning", "adapter.num_virtual_tokens=4")]
    [InlineData("prompt_tuning", "adapter.num_virtual_tokens=4")]
    public void Every_kind_trains_and_writes(string type, string setting)
    {
        var recipe = TinyRun.Write(_folder);
        Ok("train", recipe, "--out", "first", "--set", "training.max_steps=4", "--set", "training.lr_scheduler.warmup_steps=1");
        Ok("train", recipe, "--from", "first", "--set", $"adapter.type={type}", "--set", setting, "--set", "training.context_length=16", "--set", "training.max_steps=8", "--set", "training.eval_steps=4", "--set", "training.lr_scheduler.warmup_steps=1", "--out", "second");
        Ok("generate", "second", "The", "--max-new-tokens", "40");
        AdapterFolder.ReadOptions(_folder.File("second/checkpoints/best")).Type.Should().Be(type);
    }

    [Fact]
    public void A_task_is_learned_by_an_adapter_with_its_head()
    {
        TaskSamples.Write(_folder, "classification");
        File.WriteAllText(_folder.File("tiny.yaml"), FinetuneTests.Recipe);
        Ok("finetune", "tiny.yaml", "--out", "first", "--set", "training.num_train_epochs=1");
        string[] overrides = ["data.path=classification.csv", "data.validation_path=null", "data.test_path=null", "training.num_train_epochs=4", "training.context_length=32", "training.eval_steps=8"];
        var adapted = Ok(["finetune", Recipe("sentiment-lora"), "--out", "second", "--model", "first", .. overrides.SelectMany(o => (string[])["--set", o])]);
        adapted.Error.Should().Contain("lora: ");
        var best = _folder.File("second/checkpoints/best");
        AdapterFolder.Is(best).Should().BeTrue();
        AdapterFolder.ReadOptions(best).ModulesToSave.Should().Equal("classifier");
        using var results = JsonDocument.Parse(File.ReadAllText(_folder.File("second/results.json")));
        var predicted = CommandLine.RunWithInput(_folder.Path, "a good film\n", "predict", "second");
        predicted.ExitCode.Should().Be(0, predicted.All);
        Ok("adapters", "merge", "second", "--out", "merged");
        CommandLine.RunWithInput(_folder.Path, "a good film\n", "predict", "merged").Output.Should().Be(predicted.Output);
    }

    public void Dispose() => _folder.Dispose();

    private static string Recipe(string name) => Path.Combine(SharedFolder.RepositoryRoot, "recipes", "adapters", $"{name}.yaml");

    // A run that ended in between was evaluated there too.
    private string[] Steps(string run) => [.. TinyRun.Metrics(_folder.File(run)).Where(line => line.Contains("\"gradient_norm\"", StringComparison.Ordinal))];

    private double Loss(params string[] arguments)
    {
        using var json = JsonDocument.Parse(Ok(["evaluate", .. arguments, "--json"]).Output);
        return json.RootElement.GetProperty("loss").GetDouble();
    }

    private Outcome Ok(params string[] arguments)
    {
        var outcome = CommandLine.Run(_folder.Path, arguments);
        outcome.ExitCode.Should().Be(0, $"{string.Join(' ', arguments)}\n{outcome.All}");
        return outcome;
    }
}
