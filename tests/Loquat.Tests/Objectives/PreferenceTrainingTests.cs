using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Objectives;

/// <summary>Pairs of answers: their loss and its gradient, every form of it, the reference kept, and runs that go on exactly.</summary>
public sealed class PreferenceTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PreferenceTrainingTests() => File.WriteAllLines(_folder.File("pairs.jsonl"), Enumerable.Range(0, 40).Select(i =>
        $$"""{"prompt": "{{i}} or {{i * 7 % 11}}?", "chosen": "{{new string('a', 1 + i % 9)}}.", "rejected": "{{new string('b', 1 + i % 7)}}!"}"""));

    public void Dispose() => _folder.Dispose();

    public static TheoryData<PreferenceLossType> Types => [.. Enum.GetValues<PreferenceLossType>()];

    [Theory, MemberData(nameof(Types))]
    public void Every_form_comes_to_prefer_the_preferred(PreferenceLossType type)
    {
        var smoothing = type == PreferenceLossType.ExoPair ? ", label_smoothing: 0.01" : "";
        var folder = new RunFolder(_folder.File($"run-{type}"));
        var outcome = new TrainingRun(RecipeFile.Parse(Recipe($"loss_type: {PreferenceOptions.RecipeName(type)}{smoothing}", 14), "pairs.yaml"), folder).Train();
        double.IsFinite(outcome.Evaluation.Loss).Should().BeTrue();
        File.Exists(Path.Combine(folder.Root, "reference_log_probs.json")).Should().Be(type is not (PreferenceLossType.Orpo or PreferenceLossType.Simpo or PreferenceLossType.Cpo));
        var figures = File.ReadLines(folder.Metrics).Where(line => line.Contains("rewards/margins", StringComparison.Ordinal)).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement).ToList();
        double Margin(int i) => figures[i].GetProperty("eval_rewards/margins").GetDouble();
        figures[^1].GetProperty("eval_loss").GetDouble().Should().BeLessThan(figures[0].GetProperty("eval_loss").GetDouble());
        // This loss falls on both sides of a margin of 0, and is lower below it for long (Lu et al. 2024, figure 3): a model that begins at 0 may go there.
        if (type == PreferenceLossType.Discopop) return;
        Margin(figures.Count - 1).Should().BeGreaterThan(Margin(0));
        figures[^1].GetProperty("eval_rewards/accuracies").GetDouble().Should().BeGreaterThanOrEqualTo(0.75);
    }

    [Theory]
    [InlineData("sigmoid")]
    [InlineData("kto")]
    public void A_run_that_was_stopped_goes_on_exactly_with_its_reference_or_without(string type)
    {
        var recipe = RecipeFile.Parse(Recipe($"loss_type: {type}", 8), "pairs.yaml");
        var whole = new RunFolder(_folder.File("whole"));
        new TrainingRun(recipe, whole).Train();
        var reference = File.ReadAllText(Path.Combine(whole.Root, "reference_log_probs.json"));
        var parts = new RunFolder(_folder.File("parts"));
        new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 5 } }, parts).Train();
        File.Delete(Path.Combine(parts.Root, "reference_log_probs.json"));
        new TrainingRun(recipe, parts).Train();
        RunMetrics.Read(parts.Metrics).Steps.Select(step => step.Loss).Should().Equal(RunMetrics.Read(whole.Metrics).Steps.Select(step => step.Loss));
        File.ReadAllText(Path.Combine(parts.Root, "reference_log_probs.json")).Should().Be(reference, "it is of the model as it began");
    }

    [Fact]
    public void Before_the_first_step_the_loss_of_dpo_is_that_of_a_coin()
    {
        var folder = new RunFolder(_folder.File("coin"));
        new TrainingRun(RecipeFile.Parse(Recipe("loss_type: sigmoid", 1), "pairs.yaml"), folder).Train();
        RunMetrics.Read(folder.Metrics).Steps[0].Loss.Should().BeApproximately(Math.Log(2), 1e-5);
    }

    public static TheoryData<string> Models =>
    [
        "{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 64}",
        "{model_type: qwen3, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 64}",
        "{model_type: mamba, hidden_size: 16, num_hidden_layers: 2}",
    ];

    [Theory, MemberData(nameof(Models))]
    public void Weighed_gradients_are_those_of_the_weighed_sum(string name)
    {
        var config = RecipeFile.Parse($"model: {name}", "m.yaml").Model.Config with { VocabSize = 40 };
        using var scope = NewDisposeScope();
        using var model = (CausalModel)config.Build(Placement.Cpu, seed: 3);
        var ids = arange(0, 24, dtype: ScalarType.Int64).view(2, 12) % 40;
        var labels = (ids * 5 + 3) % 40;
        labels[0, 3] = ModelBatch.Ignored;
        var batch = new ModelBatch { InputIds = ids, Labels = labels };
        Dictionary<string, Tensor> Gradients()
        {
            var made = model.Parameters.ToDictionary(p => p.Name, p => p.Value.grad!.clone());
            model.ZeroGradients();
            return made;
        }
        // The second row alone counts, twice and turned around.
        model.WeighedGradients(batch, losses => [.. losses.Select((_, t) => t < 12 ? 0 : -2f)]);
        var weighed = Gradients();
        labels[0] = full_like(labels[0], ModelBatch.Ignored);
        model.LossAndGradients(batch, 1);
        foreach (var (parameter, gradient) in Gradients()) ((weighed[parameter] + 2 * gradient).abs().max() / gradient.abs().max().clamp(min: 1e-4)).item<float>().Should().BeLessThan(1e-4f, parameter);
    }

    [Fact]
    public void Keys_that_a_form_does_not_have_are_refused()
    {
        foreach (var (keys, message) in ((string, string)[])
        [
            ("loss_type: hinge, label_smoothing: 0.1", "*label_smoothing is 0.1*Hinge*"), ("loss_type: kto, label_smoothing: 0.1", "*kto has none*"), ("loss_type: exo_pair", "*exo_pair needs it above 0*"),
            ("simpo_gamma: 1", "*simpo_gamma belongs to loss_type simpo*"), ("desirable_weight: 2", "*belong to loss_type kto*"), ("loss_type: orpo, reference_free: true", "*orpo has no reference anyway*"),
        ])
        {
            var act = () => RecipeFile.Parse(Recipe(keys, 2), "pairs.yaml");
            act.Should().Throw<OptionsException>().WithMessage(message);
        }
    }

    private string Recipe(string objective, int steps) => $$"""
        data: {path: '{{_folder.File("pairs.jsonl")}}'}
        tokenizer: {type: byte}
        model: {model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 64}
        objective: {type: preference, {{objective}} }
        training: {max_steps: {{steps}}, context_length: 64, per_device_train_batch_size: 6, eval_steps: {{steps}}, save_steps: 5, logging_steps: 1, overfitting_watch: false, optimizer: {learning_rate: 0.01}, lr_scheduler: {type: constant} }
        """;
}
