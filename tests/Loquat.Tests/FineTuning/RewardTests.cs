using Loquat.Checkpoints;
using Loquat.FineTuning;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.FineTuning;

/// <summary>Reward models: what is read, the pair's loss and its gradient, what comes of a run, and that it goes on exactly.</summary>
public sealed class RewardTests : IDisposable
{
    private static readonly string[] _good = ["fine", "lovely", "warm"], _bad = ["dull", "flat", "cold"];

    private readonly TemporaryFolder _folder = new();

    public RewardTests() => File.WriteAllLines(_folder.File("pairs.jsonl"), Enumerable.Range(0, 90).Select(i =>
        $$"""{"prompt": "Film {{i}}?", "chosen": "It is {{_good[i % 3]}}{{(i % 2 == 0 ? " again" : "")}}.", "rejected": "It is {{_bad[i / 2 % 3]}}."}"""));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_comes_to_prefer_the_preferred_and_is_a_folder_with_one_label()
    {
        var folder = new RunFolder(_folder.File("run"));
        var outcome = new FineTuningRun(Recipe(60, "center_rewards_coefficient: 0.01"), folder).Train(TestContext.Current.CancellationToken);
        var accuracy = outcome.Result.Figures[0];
        accuracy.Name.Should().Be("accuracy");
        accuracy.Value.Should().BeGreaterThan(0.85);
        accuracy.Low.Should().BeLessThan(accuracy.Value);
        var config = (EncoderConfig)ModelFolder.ReadConfig(folder.Best);
        (config.Head, config.Labels.Count).Should().Be((HeadKind.SequenceClassification, 1));
        File.ReadAllText(Path.Combine(folder.Best, "config.json")).Should().Contain("BertForSequenceClassification");
        using var model = TextClassifier.Load(folder.Root);
        double Score(string answer) => model.Predict("Film 7?", answer).Details!["score"]!.GetValue<float>();
        Score("It is lovely.").Should().BeGreaterThan(Score("It is flat."));
        using var alone = TextClassifier.Load(folder.Best);
        alone.Predict("Film 7?", "It is lovely.").Details!["score"]!.GetValue<float>().Should().BeApproximately((float)Score("It is lovely."), 1e-4f, "the folder needs no run around it");
        var line = System.Text.Json.JsonDocument.Parse(File.ReadLines(TaskFiles.Predictions(folder)).First()).RootElement;
        line.GetProperty("details").GetProperty("rejected_score").GetDouble().Should().NotBe(line.GetProperty("details").GetProperty("score").GetDouble());
    }

    [Fact]
    public void A_run_that_was_stopped_goes_on_exactly()
    {
        var recipe = Recipe(8, "margin: 0.5");
        new FineTuningRun(recipe, new RunFolder(_folder.File("whole"))).Train(TestContext.Current.CancellationToken);
        var parts = new RunFolder(_folder.File("parts"));
        new FineTuningRun(recipe with { Training = recipe.Training with { MaxSteps = 5 } }, parts).Train(TestContext.Current.CancellationToken);
        new FineTuningRun(recipe, parts).Train(TestContext.Current.CancellationToken);
        RunMetrics.Read(parts.Metrics).Steps.Select(step => step.Loss).Should().Equal(RunMetrics.Read(new RunFolder(_folder.File("whole")).Metrics).Steps.Select(step => step.Loss));
    }

    [Fact]
    public void Answers_to_one_question_stay_in_one_part_and_both_are_read_with_it()
    {
        File.WriteAllLines(_folder.File("pairs.jsonl"), Enumerable.Range(0, 90).Select(i => $$"""{"prompt": "Film {{i / 3}}?", "chosen": "good {{i}}", "rejected": "bad {{i}}"}"""));
        var data = new FineTuningRun(Recipe(1, "margin: 0"), new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken);
        string[][] parts = [[.. data.Sets.Train.Select(e => e.Text)], [.. data.Sets.Validation.Select(e => e.Text)], [.. data.Sets.Test.Select(e => e.Text)]];
        parts.Sum(part => part.Length).Should().Be(90);
        parts[0].Intersect(parts[1]).Concat(parts[0].Intersect(parts[2])).Concat(parts[1].Intersect(parts[2])).Should().BeEmpty();
        var batch = TaskRows.Batch([.. data.Train.Take(3)], 0, perToken: false);
        batch.Rows.Should().Be(6);
        string Text(int row) => data.Tokenizer.Decode(Enumerable.Range(row * batch.Length, batch.Length).Where(t => batch.AttentionMask?[t] != 0).Select(t => (int)batch.InputIds[t]));
        for (var i = 0; i < 3; i++) (Text(i).Contains("good", StringComparison.Ordinal), Text(3 + i).Contains("bad", StringComparison.Ordinal)).Should().Be((true, true));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void The_gradient_of_a_batch_is_that_of_its_pairs(double centering)
    {
        using var scope = NewDisposeScope();
        var data = new FineTuningRun(Recipe(1, $"center_rewards_coefficient: {centering.ToString(System.Globalization.CultureInfo.InvariantCulture)}, margin: 0.2"), new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken);
        using var model = data.Config.Build<EncoderModel>(Loquat.Layers.Placement.Cpu, 3);
        var batch = TaskRows.Batch([.. data.Train.Take(4)], 0, perToken: false);
        var objective = data.Task.CreateObjective();
        objective.Weight(batch).Should().Be(4);
        double Loss() => data.Train.Take(4).Sum(row => data.Task.Losses(row, EncoderPass.Logits(model, [row], 1)[0])[0]);
        var loss = objective.LossAndGradients(model, batch, 0.25);
        loss.Should().BeApproximately(Loss(), 1e-4);
        var directions = model.Parameters.Select(p => randn_like(p.Value) * 0.01).ToList();
        var expected = model.Parameters.Zip(directions, (p, d) => (p.Value.grad! * d).sum().item<float>()).Sum();
        void Move(double by)
        {
            using var guard = no_grad();
            foreach (var (parameter, direction) in model.Parameters.Zip(directions)) parameter.Value.add_(direction * by);
        }
        const double Step = 0.05;
        Move(Step);
        var above = Loss();
        Move(-2 * Step);
        var slope = 0.25 * (above - Loss()) / (2 * Step);
        ((double)expected).Should().BeApproximately(slope, 0.03 * Math.Abs(slope) + 1e-3);
    }

    [Fact]
    public void What_is_doubtful_in_the_pairs_is_told()
    {
        File.AppendAllLines(_folder.File("pairs.jsonl"), ["""{"prompt": "a", "chosen": "same", "rejected": "same"}""", """{"prompt": "b", "chosen": "x", "rejected": "y"}""", """{"prompt": "b", "chosen": "y", "rejected": "x"}""", """{"prompt": "c", "chosen": "x", "rejected": " "}"""]);
        var data = new FineTuningRun(Recipe(1, "margin: 0"), new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken);
        string.Join('\n', data.Facts.Where(fact => fact.Name == "note").Select(fact => fact.Text)).Should().Contain("the same answer twice").And.Contain("the other way round").And.Contain("an empty answer").And.Contain("learn length");
    }

    private Recipe Recipe(int steps, string objective) => RecipeFile.Parse($$"""
        data: {path: '{{_folder.File("pairs.jsonl")}}'}
        tokenizer: {type: wordpiece, vocab_size: 120}
        model: {model_type: bert, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 32, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0}
        objective: {type: reward, {{objective}} }
        training: {max_steps: {{steps}}, per_device_train_batch_size: 8, eval_steps: {{Math.Max(steps / 2, 1)}}, save_steps: 5, logging_steps: 1, optimizer: {learning_rate: 0.005}, lr_scheduler: {type: constant} }
        """, "reward.yaml");
}
