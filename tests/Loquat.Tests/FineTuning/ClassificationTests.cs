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
