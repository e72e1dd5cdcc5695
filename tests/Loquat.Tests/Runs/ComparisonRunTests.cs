using System.Text.Json;
using System.Xml.Linq;
using Loquat.Recipes;
using Loquat.Runs;

namespace Loquat.Tests.Runs;

public sealed class ComparisonRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static Recipe Of(string name, string model, string more = "") => RecipeFile.Parse(
        $$$"""
        name: {{{name}}}
        data: {story_megabytes: 0.05}
        tokenizer: {type: byte}
        model: { {{{model}}} }
        {{{more}}}
        training: {max_steps: 40, per_device_train_batch_size: 4, context_length: 16, eval_rows: 8, lr_scheduler: {warmup_steps: 10}}
        """, $"{name}.yaml");

    private ComparisonOptions Options => new()
    {
        Recipes =
        [
            Of("lstm", "model_type: lstm, hidden_size: 8, num_layers: 1"),
            Of("mamba", "model_type: mamba, hidden_size: 8, num_hidden_layers: 1"),
            Of("prefix", "model_type: gpt2, n_embd: 8, n_layer: 1, n_head: 1, n_positions: 32", "objective: {type: prefix}"),
        ],
        Folder = _folder.File("comparison"),
        Seeds = 2,
        Tokens = 1000,
        NgramOrder = 3,
        Points = 4,
    };

    [Fact]
    public void Recipes_are_trained_on_the_same_tokens_and_stand_side_by_side()
    {
        var comparison = new ComparisonRun(Options).Run(cancellation: TestContext.Current.CancellationToken);
        comparison.Contenders.Select(c => c.Name).Should().Equal("3-gram", "lstm", "mamba", "prefix");
        comparison.Contenders.Select(c => c.Score).Should().Equal("causal", "causal", "causal", "prefix");
        var trained = comparison.Contenders.Skip(1).ToList();
        trained.Should().OnlyContain(c => c.Tokens == 1024 && c.Seeds.Count == 2 && c.Curve.Count == 4 && c.LossInterval > 0 && c.Operations > 0 && c.Seconds > 0);
        trained.Should().OnlyContain(c => c.Curve.Zip(c.Curve.Skip(1)).All(pair => pair.First.Tokens < pair.Second.Tokens && pair.First.Operations < pair.Second.Operations));
        trained.Count(c => c.LossAtEqualOperations is not null).Should().BePositive();
        comparison.Contenders[0].Loss.Should().BeInRange(1, Math.Log(256));

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.File("comparison/comparison.json")));
        json.RootElement.GetProperty("contenders").GetArrayLength().Should().Be(4);
        var picture = XDocument.Load(_folder.File("comparison/comparison.svg"));
        var texts = picture.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        texts.Should().Contain(["tokens", "seconds of training", "operations", "parameters", "lstm", "prefix (loss of prefix)"]);
        picture.Descendants().Count(e => e.Name.LocalName == "polyline").Should().BeGreaterThanOrEqualTo(3 * 3);

        // What stands there is gone on with: the same figures.
        var again = new ComparisonRun(Options).Run(cancellation: TestContext.Current.CancellationToken);
        again.Contenders.Select(c => c.Loss).Should().Equal(comparison.Contenders.Select(c => c.Loss));
    }

    [Fact]
    public void A_schedule_keeps_its_shares()
    {
        var adapted = new ComparisonRun(Options).Adapted(Options.Recipes[0]);
        (adapted.Training.MaxSteps, adapted.Training.LrScheduler.Warmup, adapted.Training.EvalSteps).Should().Be((16, 4, 4));
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        void Refuses(string message, Func<ComparisonOptions, ComparisonOptions> change) => FluentActions.Invoking(() => new ComparisonRun(change(Options))).Should().Throw<OptionsException>().WithMessage(message);
        var (first, second) = (Options.Recipes[0], Options.Recipes[1]);
        Refuses("*nothing to compare*", o => o with { Recipes = [] });
        Refuses("*two recipes are called 'lstm'*", o => o with { Recipes = [first, first] });
        Refuses("*mamba reads another text than lstm*", o => o with { Recipes = [first, second with { Data = second.Data with { StorySeed = 9 } }] });
        Refuses("*mamba has another tokenizer than lstm*", o => o with { Recipes = [first, second with { Tokenizer = second.Tokenizer with { Type = Loquat.Text.Tokenization.TokenizerKind.Character } }] });
    }

    [Fact]
    public void Losses_between_two_evaluations_lie_between_theirs()
    {
        ComparisonPoint[] curve = [new(1, 1, 10, 4, null), new(2, 2, 100, 3, null), new(3, 3, 1000, 2, null)];
        Comparison.At(curve, p => p.Operations, 5).Should().BeNull();
        Comparison.At(curve, p => p.Operations, Math.Sqrt(10 * 100.0)).Should().BeApproximately(3.5, 1e-9);
        Comparison.At(curve, p => p.Operations, 1e9).Should().Be(2);
        var (mean, interval) = Comparison.Mean([1, 2, 3]);
        mean.Should().Be(2);
        interval.Should().BeApproximately(4.303 / Math.Sqrt(3), 1e-9);
    }

    public void Dispose() => _folder.Dispose();
}
