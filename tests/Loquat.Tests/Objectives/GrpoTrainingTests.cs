using CsCheck;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

namespace Loquat.Tests.Objectives;

/// <summary>A model that answers this way or that comes to answer right by what it is rewarded for alone.</summary>
public sealed class GrpoTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rewards_raise_what_they_are_given_for_and_a_run_goes_on_exactly()
    {
        // Half of what is said is a, half b; then only b is right.
        Write("said.jsonl", i => i % 2 == 0 ? "a" : "b");
        Write("right.jsonl", _ => "b");
        var said = new RunFolder(_folder.File("said"));
        new TrainingRun(RecipeFile.Parse(Recipe("said.jsonl", "type: chat", 16, "model: {model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 64}\ntokenizer: {type: byte}"), "said.yaml"), said).Train();
        var recipe = RecipeFile.Parse(Recipe("right.jsonl", "type: grpo, num_generations: 6, max_completion_length: 4", 24, $"model: {{from: '{said.Root}'}}"), "right.yaml");
        var whole = new RunFolder(_folder.File("whole"));
        var outcome = new TrainingRun(recipe, whole).Train();
        var losses = RunMetrics.Read(whole.Metrics).Steps.Select(step => step.Loss).ToList();
        losses[0].Should().BeGreaterThan(0.2, "it is not sure at first");
        losses.TakeLast(3).Average().Should().BeLessThan(losses.Take(3).Average() / 2);
        outcome.Evaluation.Score!.Value.Name.Should().Be("reward");
        outcome.Evaluation.Score!.Value.Value.Should().BeGreaterThan(0.9);

        var parts = new RunFolder(_folder.File("parts"));
        new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 5 } }, parts).Train();
        new TrainingRun(recipe, parts).Train();
        RunMetrics.Read(parts.Metrics).Steps.Select(step => step.Loss).Should().Equal(losses);
    }

    [Fact]
    public void A_number_is_right_however_it_is_written() => Gen.Select(Gen.Int[-100_000, 100_000], Gen.Int[-100_000, 100_000]).Sample((a, b) =>
    {
        var text = FormattableString.Invariant($"First 3, then {a:N0}.");
        VerifiableRewards.Of(VerifiableReward.Number, text, $"#### {a}").Should().Be(1);
        VerifiableRewards.Of(VerifiableReward.Number, text, $"{b}").Should().Be(a == b ? 1 : 0);
        VerifiableRewards.Of(VerifiableReward.Number, "none", $"{b}").Should().Be(0);
        VerifiableRewards.Of(VerifiableReward.ExactMatch, $" {a}\n", $"{b}").Should().Be(a == b ? 1 : 0);
    }, iter: 200);

    private void Write(string file, Func<int, string> answer) => File.WriteAllLines(_folder.File(file), Enumerable.Range(0, 40).Select(i => $$"""{"prompt": "{{i}}?", "completion": "{{answer(i)}}"}"""));

    private string Recipe(string data, string objective, int steps, string model) => $$"""
        data: {path: '{{_folder.File(data)}}', validation_fraction: 0.25}
        {{model}}
        objective: { {{objective}} }
        training: {max_steps: {{steps}}, context_length: 64, per_device_train_batch_size: 8, eval_steps: 6, save_steps: 5, logging_steps: 1, overfitting_watch: false, optimizer: {learning_rate: 0.01}, lr_scheduler: {type: constant} }
        """;
}
