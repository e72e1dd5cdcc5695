using Loquat.FineTuning;
using Loquat.FineTuning.Examples;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

namespace Loquat.Tests.FineTuning;

/// <summary>The task, from C#: what is learned, what is told of doubtful examples, what is predicted.</summary>
public sealed class ClassificationTests : IDisposable
{
    private static readonly string[] _good = ["fine", "lovely", "warm"], _bad = ["dull", "flat", "cold"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_small_model_learns_it_and_predicts_as_it_was_tested()
    {
        Write(Enumerable.Range(0, 120).Select(i => ($"film {i} is {(i % 2 == 0 ? _good : _bad)[i / 2 % 3]}{string.Concat(Enumerable.Repeat(" again", i % 5))}", i % 2 == 0 ? "good" : "bad")));
        var outcome = new FineTuningRun(Recipe(steps: 150), new RunFolder(_folder.File("run"))).Train(TestContext.Current.CancellationToken);
        outcome.Result.Figures[0].Value.Should().BeGreaterThan(0.9);
        outcome.Result.Count.Should().Be(12);
        outcome.Result.Confusion!.Counts.Sum(row => row.Sum()).Should().Be(12);
        using var classifier = TextClassifier.Load(_folder.File("run"));
        classifier.Labels.Should().Equal("bad", "good");
        classifier.Predict("film 7 is lovely").Label.Should().Be("good");
        var lines = File.ReadAllLines(_folder.File("run/predictions.jsonl"));
        foreach (var line in lines)
        {
            using var json = System.Text.Json.JsonDocument.Parse(line);
            var said = classifier.Predict(json.RootElement.GetProperty("text").GetString()!);
            (said.Label, Math.Round(said.Probability!.Value, 4)).Should().Be((json.RootElement.GetProperty("label").GetString()!, Math.Round(json.RootElement.GetProperty("probability").GetDouble(), 4)));
        }
        // However many at once.
        string[] texts = [.. Enumerable.Range(0, 9).Select(i => $"film {i} is {_bad[i % 3]}{string.Concat(Enumerable.Repeat(" again", i))}"), ""];
        var together = classifier.Predict(texts);
        for (var i = 0; i < texts.Length; i++) classifier.Predict(texts[i]).Probability!.Value.Should().BeApproximately(together[i].Probability!.Value, 1e-5);
        RunSummary.Read(new RunFolder(_folder.File("run"))).State.Should().Be(RunState.Finished);
    }

    [Fact]
    public void What_is_doubtful_in_the_examples_is_told()
    {
        List<(string, string)> rows = [.. Enumerable.Range(0, 60).Select(i => ($"text {i}", i < 55 ? "Many" : "few"))];
        rows.AddRange([("", "Many"), ("text 1", "many"), ("text 2", "Many"), ("text 3", "Many"), ("text 99", "many")]);
        Write(rows);
        var data = new FineTuningRun(Recipe(steps: 1), new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken);
        var notes = string.Join('\n', data.Facts.Where(fact => fact.Name == "note").Select(fact => fact.Text));
        notes.Should().Contain("unbalanced").And.Contain("differ only in the case of letters: 'Many', 'many'").And.Contain("has no text").And.Contain("different labels").And.Contain("repeat");
    }

    [Fact]
    public void Balanced_classes_count_alike_and_the_best_is_chosen_by_macro_F1()
    {
        Write(Enumerable.Range(0, 200).Select(i => ($"film {i} is {(i % 10 == 0 ? _bad : _good)[i / 10 % 3]}", i % 10 == 0 ? "bad" : "good = fine 😀")));
        var recipe = Recipe(steps: 4);
        recipe = recipe with { Objective = new ClassificationOptions { ClassWeight = new(["balanced"]) } };
        var run = new FineTuningRun(recipe, new RunFolder(_folder.File("run")));
        var data = run.Prepare(cancellation: TestContext.Current.CancellationToken);
        var (bad, good) = (data.Sets.Train.Count(e => e.Label == "bad"), data.Sets.Train.Count(e => e.Label != "bad"));
        var weights = data.Task.CreateObjective().LossOptions.ClassWeights!;
        (weights[0] * bad).Should().BeApproximately(weights[1] * good, 1e-3f);
        (weights[0] * bad + weights[1] * good).Should().BeApproximately(bad + good, 1e-3f);
        data.Task.Measure.Should().Be("macro F1");
        data.Facts.Single(fact => fact.Name == "task").Text.Should().Contain("an example weighs bad ");

        // The loss of a batch is the weighed mean that torch has.
        using var model = data.Config.Build<Loquat.Models.EncoderModel>(Loquat.Layers.Placement.Cpu, 3);
        var rows = data.Train.Where(row => row.Labels[0] == 0).Take(2).Concat(data.Train.Where(row => row.Labels[0] == 1).Take(3)).ToList();
        var (objective, batch) = (data.Task.CreateObjective(), TaskRows.Batch(rows, 0, perToken: false));
        var expected = rows.Sum(row => weights[row.Labels[0]] * data.Task.Losses(row, EncoderPass.Logits(model, [row], 1)[0])[0]);
        objective.LossAndGradients(model, batch, 1).Should().BeApproximately(expected, 1e-3);
        objective.Weight(batch).Should().BeApproximately(2 * weights[0] + 3 * weights[1], 1e-4);

        run.Train(TestContext.Current.CancellationToken).Result.Figures[0].Name.Should().Be("accuracy");
        File.ReadAllText(new RunFolder(_folder.File("run")).Recipe).Should().Contain("balanced");
        using var classifier = TextClassifier.Load(_folder.File("run"));
        classifier.Labels.Should().Equal("bad", "good = fine 😀");
    }

    [Theory]
    [InlineData("good=2", 1f, 2f, null)]
    [InlineData("bad=0.5, good=4", 0.5f, 4f, null)]
    [InlineData("goood=2", 0f, 0f, "*class_weight names 'goood', which is none of the 2 labels*'good'*")]
    [InlineData("good", 0f, 0f, "*class_weight has 'good'; write balanced, or a label and its weight, such as 'bad=2'*")]
    [InlineData("good=0", 0f, 0f, "*'good' the weight 0; it must be from*")]
    [InlineData("good=2, good=3", 0f, 0f, "*names 'good' twice*")]
    [InlineData("balanced, good=2", 0f, 0f, "*has 'balanced'*")]
    public void Weights_are_by_label_and_an_unknown_one_is_refused(string asked, float bad, float good, string? fault)
    {
        Write(Enumerable.Range(0, 40).Select(i => ($"film {i}", i % 4 == 0 ? "bad" : "good")));
        var recipe = RecipeFile.Parse(RecipeFile.ToYaml(Recipe(steps: 1)), "r.yaml", [$"objective.class_weight={asked}"]);
        var act = () => new FineTuningRun(recipe, new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken).Task.CreateObjective().LossOptions.ClassWeights;
        if (fault is null) act().Should().Equal(bad, good);
        else act.Should().Throw<OptionsException>().WithMessage(fault);
    }

    [Fact]
    public void Parts_of_ones_own_are_taken_and_a_label_that_was_not_learned_is_refused()
    {
        Write(Enumerable.Range(0, 30).Select(i => ($"text {i}", $"{i % 10}")));
        File.WriteAllText(_folder.File("test.csv"), "text,label\nanother,10\n");
        var recipe = Recipe(steps: 1);
        var act = () => new FineTuningRun(recipe with { Data = recipe.Data with { TestPath = _folder.File("test.csv"), ValidationPath = _folder.File("examples.csv") } }, new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken);
        act.Should().Throw<DataException>().WithMessage("*test.csv, line 2: the label '10' is none of the 10 that are learned (0, 1, 2*");
        File.WriteAllText(_folder.File("test.csv"), "text,label\ntext 4,4\n");
        var data = act();
        data.Sets.Train.Should().HaveCount(30);
        data.Facts.Select(fact => fact.Text).Should().Contain(text => text.Contains("1 test example is among the training examples", StringComparison.Ordinal));
        // Numbers stand in the order of their size.
        data.Config.Labels.Should().Equal(Enumerable.Range(0, 10).Select(i => $"{i}"));
    }

    [Fact]
    public void A_column_of_numbers_is_not_taken_for_classes()
    {
        Write(Enumerable.Range(0, 60).Select(i => ($"text {i}", $"{i * 0.17}")));
        ((Action)(() => new FineTuningRun(Recipe(steps: 1), new RunFolder(_folder.File("run"))).Prepare(cancellation: TestContext.Current.CancellationToken)))
            .Should().Throw<DataException>().WithMessage("*different labels*like a number or a text*");
    }

    private void Write(IEnumerable<(string Text, string Label)> rows) =>
        File.WriteAllText(_folder.File("examples.csv"), "text,label\n" + string.Concat(rows.Select(row => $"\"{row.Text}\",{row.Label}\n")));

    private Recipe Recipe(long steps) => RecipeFile.Parse(
        $$"""
        data: {path: '{{_folder.File("examples.csv")}}'}
        tokenizer: {vocab_size: 300}
        model: {model_type: bert, hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64, max_position_embeddings: 32}
        objective: {type: classification}
        training:
          max_steps: {{steps}}
          per_device_train_batch_size: 8
          optimizer: {learning_rate: 3e-3}
          lr_scheduler: {type: linear, warmup_ratio: 0.1}
          eval_steps: 50
        """, "the test");

    public void Dispose() => _folder.Dispose();
}
