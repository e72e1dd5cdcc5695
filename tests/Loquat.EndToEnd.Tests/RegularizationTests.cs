namespace Loquat.EndToEnd.Tests;

/// <summary>Everything that regularizes and draws at random, at once: a run that is killed (kill -9) goes on as if it never was.</summary>
public sealed class RegularizationTests : IDisposable
{
    private const string Causal = """
        data: {story_megabytes: 0.2}
        tokenizer: {type: byte}
        model: {model_type: gpt2, n_embd: 32, n_layer: 2, n_head: 2, n_positions: 32, resid_pdrop: 0.1}
        objective: {type: causal, r_drop_alpha: 1, token_masking: 0.1, token_deletion: 0.1, token_swapping: 0.1}
        training: {max_steps: 30, per_device_train_batch_size: 3, gradient_accumulation_steps: 2, batch_warmup_steps: 20, layer_drop: 0.2, drop_path: 0.2, eval_steps: 15, eval_rows: 8, save_steps: 5, logging_steps: 1, lr_scheduler: {warmup_steps: 2}}
        """;

    private const string Mixing = """
        data: {path: classification.csv}
        model: {from: first}
        objective: {type: classification, r_drop_alpha: 1, token_masking: 0.1, token_deletion: 0.1, token_swapping: 0.1}
        training: {max_steps: 30, per_device_train_batch_size: 8, mixout: 0.3, eval_steps: 15, save_steps: 5, logging_steps: 1, lr_scheduler: {warmup_steps: 2}}
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_killed_run_goes_on_and_its_tokens_are_counted()
    {
        File.WriteAllText(_folder.File("recipe.yaml"), Causal);
        Resumes("train");
        // 1 to 6 sequences over 20 steps, then 6; of 32 tokens.
        var tokens = 32 * (Enumerable.Range(0, 20).Sum(step => 1 + 5 * step / 20) + 10 * 6);
        TinyRun.Metrics(_folder.File("whole")).Last(line => line.Contains("\"tokens\"", StringComparison.Ordinal)).Should().Contain($"\"tokens\":{tokens},");
        CommandLine.Run(_folder.Path, "plan", "recipe.yaml").Output.Should().Contain("tokens in 30 steps");
    }

    [Fact]
    public void A_killed_fine_tuning_goes_on_with_the_weights_that_are_mixed_in()
    {
        TaskSamples.Write(_folder, "classification");
        File.WriteAllText(_folder.File("first.yaml"), FinetuneTests.Recipe);
        CommandLine.Run(_folder.Path, "finetune", "first.yaml", "--out", "first", "--set", "training.num_train_epochs=1").ExitCode.Should().Be(0);
        File.WriteAllText(_folder.File("recipe.yaml"), Mixing);
        Resumes("finetune");
        CommandLine.Run(_folder.Path, "finetune", "recipe.yaml", "--out", "killed", "--resume", "--set", "training.mixout=0.5").Error.Should().Contain("training.mixout is 0.5, in the run 0.3: the weights that are mixed in");
    }

    public void Dispose() => _folder.Dispose();

    private void Resumes(string verb)
    {
        var whole = CommandLine.Run(_folder.Path, verb, "recipe.yaml", "--out", "whole");
        whole.ExitCode.Should().Be(0, whole.All);
        var process = CommandLine.Start(_folder.Path, verb, "recipe.yaml", "--out", "killed");
        while (!process.HasExited && (!File.Exists(_folder.File("killed/metrics.jsonl")) || TinyRun.Metrics(_folder.File("killed")).Length < 13)) Thread.Sleep(5);
        process.Kill();
        CommandLine.Finish(process);
        var again = CommandLine.Run(_folder.Path, verb, "recipe.yaml", "--out", "killed", "--resume");
        again.ExitCode.Should().Be(0, again.All);
        TinyRun.Metrics(_folder.File("killed")).Should().Equal(TinyRun.Metrics(_folder.File("whole")));
    }
}
