using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Recipes;
using Loquat.Text.Datasets;

namespace Loquat.FineTuning;

/// <summary>The answer to a question as it stands in a text (SQuAD; Devlin et al. 2019, sections 4.2 and 4.3).</summary>
public sealed record QuestionAnsweringOptions : TaskOptions
{
    [Description("Tokens that the parts of a text longer than a row share.")]
    [Range(0, 100_000)]
    public int DocStride { get; init; } = 128;

    [Description("Tokens of an answer, at most.")]
    [Range(1, 100_000)]
    public int MaxAnswerLength { get; init; } = 30;

    [Description("Probability of no answer above which none is given. Default: 0.5 where some training questions have no answer, else an answer is always given.")]
    [Range(0, 1)]
    public double? NoAnswerThreshold { get; init; }

    public override string Type => "question_answering";

    public override string Summary => "the answer to a question as it stands in a text (SQuAD)";

    public override ExampleSets Read(DataRecipe data, ulong seed, CancellationToken cancellation = default)
    {
        IReadOnlyList<Example> train = SquadFile.Read(data.Path!, cancellation);
        var (validation, test) = (Part(data.ValidationPath), Part(data.TestPath));
        string? taken = null;
        if (test is null) (train, test, taken) = Take(train, data.ValidationFraction, seed, "test");
        if (validation is null) (train, validation, taken) = Take(train, data.ValidationFraction, seed + 1, taken is null ? "validation" : "validation and test");
        if (validation.Count == 0 || test.Count == 0) throw new DataException($"{data.Path}: the questions are on too few texts to keep some for validation. Give more, or name files: data.validation_path and data.test_path.");
        var key = string.Join(':', new[] { data.Path, data.ValidationPath, data.TestPath }.Select(path => path is null ? "-" : $"{FileHash.Of(path):x16}").Append($"{data.ValidationFraction:R}").Append($"{seed}"));
        return new(train, validation, test, $"questions:{key}",
            [("examples", $"{train.Count:N0} questions to learn from, {validation.Count:N0} to validate with, {test.Count:N0} to test on{(taken is null ? "" : $" ({taken}: those on {data.ValidationFraction:0.##%} of the texts)")}")]);

        IReadOnlyList<Example>? Part(string? path) => path is null ? null : SquadFile.Read(path, cancellation);
    }

    public override IReadOnlyList<Example> ReadUnlabeled(string path, CancellationToken cancellation = default) => SquadFile.Read(path, cancellation);

    public override TaskOptions For(ExampleSets sets) => NoAnswerThreshold is null && sets.Train.Any(example => example.Answers!.Count == 0) ? this with { NoAnswerThreshold = 0.5 } : this;

    public override FineTuningTask Begin(IReadOnlyList<Example> train) => new QuestionAnsweringTask(this);

    public override FineTuningTask? Of(EncoderConfig config) => config.Head == HeadKind.QuestionAnswering ? new QuestionAnsweringTask(this) : null;

    /// <summary>All questions on a text go together.</summary>
    private static (IReadOnlyList<Example> Train, IReadOnlyList<Example> Taken, string Told) Take(IReadOnlyList<Example> examples, double share, ulong seed, string told)
    {
        var texts = examples.Select(example => example.Pair!).Distinct(StringComparer.Ordinal).Select(text => new Example { Text = text, Place = "" }).ToList();
        var taken = ExampleSplit.Take(texts, share, seed).Taken.Select(text => text.Text).ToHashSet(StringComparer.Ordinal);
        return ([.. examples.Where(example => !taken.Contains(example.Pair!))], [.. examples.Where(example => taken.Contains(example.Pair!))], told);
    }
}
