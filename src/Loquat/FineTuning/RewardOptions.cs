using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Corpus.Conversations;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Recipes;
using Loquat.Text.Datasets;

namespace Loquat.FineTuning;

/// <summary>A reward model: a number for an answer that is the higher the more people would prefer it, learned from pairs of answers (Ouyang et al. 2022, section 3.4).</summary>
public sealed record RewardOptions : TaskOptions
{
    private const int FewestForTest = 20;

    [Description("Weight of the squared sum of a pair's rewards, which keeps rewards around 0 (Eisenstein et al. 2023); 0.01 is usual. Default: 0, they may lie anywhere.")]
    [Range(0, 100)]
    public double CenterRewardsCoefficient { get; init; }

    [Description("By how much the reward of the preferred answer is to be higher before the loss falls below log 2.")]
    [Range(0, 1000)]
    public double Margin { get; init; }

    public override string Type => "reward";

    public override bool PredictsClasses => false;

    public override string Summary => "how good an answer is, from pairs of which one is preferred";

    public override ExampleSets Read(DataRecipe data, ulong seed, CancellationToken cancellation = default)
    {
        var train = File(data.Path!);
        var (validation, test) = (Part(data.ValidationPath), Part(data.TestPath));
        var taken = 0;
        if (test is null && train.Count >= FewestForTest)
        {
            (train, test) = Take(train, data.ValidationFraction, seed);
            taken++;
        }
        if (validation is null)
        {
            (train, validation) = Take(train, data.ValidationFraction, seed + 1);
            taken++;
        }
        if (validation.Count == 0 || train.Count == 0) throw new DataException($"{data.Path}: the pairs answer too few questions to keep some for validation. Give more, or name a file: data.validation_path.");
        var key = string.Join(':', new[] { data.Path, data.ValidationPath, data.TestPath }.Select(path => path is null ? "-" : $"{FileHash.Of(path):x16}").Append($"{data.ValidationFraction:R}").Append($"{seed}"));
        return new(train, validation, test ?? validation, $"pairs:{key}",
        [
            ("examples", $"{train.Count:N0} pairs to learn from, {validation.Count:N0} to validate with, {(test ?? validation).Count:N0} to test on{(taken == 0 ? "" : $" ({(test is null ? "validation" : "validation and test")}: {data.ValidationFraction:0.##%} of the questions, by a hash)")}"),
        ]);

        IReadOnlyList<Example> File(string path) => [.. ConversationFile.Read(path, preferences: true, cancellation).Select(RewardTexts.Of)];

        IReadOnlyList<Example>? Part(string? path) => path is null ? null : File(path);
    }

    /// <summary>Of a file of pairs both answers are told of; of another table, a text and what answers it, or a text alone.</summary>
    public override IReadOnlyList<Example> ReadUnlabeled(string path, CancellationToken cancellation = default) => HoldsPairs(path)
        ? [.. ConversationFile.Read(path, preferences: true, cancellation).Select(RewardTexts.Of)]
        : new TableExamples([], null, null).ReadUnlabeled(path, cancellation);

    public override FineTuningTask Begin(IReadOnlyList<Example> train) => new RewardTask(this);

    public override FineTuningTask? Of(EncoderConfig config) => config is { Head: HeadKind.SequenceClassification, Labels.Count: 1, ProblemType: null or ProblemType.Regression } ? new RewardTask(this) : null;

    private static bool HoldsPairs(string path)
    {
        try
        {
            return Path.GetExtension(path).ToLowerInvariant() is not (".txt" or "") && ConversationFile.Read(path, preferences: true).Any();
        }
        catch (DataException)
        {
            return false;
        }
    }

    /// <summary>All answers to a question go together.</summary>
    private static (IReadOnlyList<Example> Left, IReadOnlyList<Example> Taken) Take(IReadOnlyList<Example> examples, double share, ulong seed)
    {
        var questions = examples.Select(example => example.Text).Distinct(StringComparer.Ordinal).Select(text => new Example { Text = text, Place = "" }).ToList();
        var taken = ExampleSplit.Take(questions, share, seed).Taken.Select(question => question.Text).ToHashSet(StringComparer.Ordinal);
        return ([.. examples.Where(example => !taken.Contains(example.Text))], [.. examples.Where(example => taken.Contains(example.Text))]);
    }
}
