using System.ComponentModel;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Recipes;

namespace Loquat.FineTuning;

/// <summary>One class of several for each text, or pair of texts: sentiment, topic, intent, entailment.</summary>
public sealed record ClassificationOptions : TextTaskOptions
{
    public override string Type => "classification";

    public override string Summary => "one class of several for each text, or pair of texts";

    public override bool TakesTeacher => true;

    [Description("What the examples of a class weigh in training: balanced, as much in all as those of any other class; or LABEL=WEIGHT of some labels, the others 1. Default: all 1.")]
    public TextList ClassWeight { get; init; } = TextList.Empty;

    public override FineTuningTask Begin(IReadOnlyList<Example> train)
    {
        var labels = ClassNames.Of(train);
        return new ClassificationTask(labels, LabelWeights.Of(ClassWeight, labels, train));
    }

    public override FineTuningTask? Of(EncoderConfig config) =>
        config is { Head: HeadKind.SequenceClassification, ProblemType: null or ProblemType.SingleLabelClassification, Labels.Count: > 1 } ? new ClassificationTask(config.Labels, null) : null;
}

/// <summary>A task whose examples are rows of a table: a text, or two, and a label.</summary>
public abstract record TextTaskOptions : TaskOptions
{
    [Description("The column of the text; several are joined by spaces. Default: found by its name or by what it holds.")]
    public TextList Text { get; init; } = TextList.Empty;

    [Description("The column of the second text of a pair. Default: found by its name, such as sentence2 or hypothesis; null where there is none.")]
    public string? TextPair { get; init; }

    [Description("The column of the label. Default: found by its name or by what it holds.")]
    public string? Label { get; init; }

    public override bool Augments => true;

    public override ExampleSets Read(DataRecipe data, ulong seed, CancellationToken cancellation = default) =>
        new TableExamples(Text, TextPair, Label) { SeveralLabels = SeveralLabels }.Read(data, seed, Stratum, cancellation);

    public override IReadOnlyList<Example> ReadUnlabeled(string path, CancellationToken cancellation = default) => new TableExamples(Text, TextPair, Label).ReadUnlabeled(path, cancellation);

    /// <summary>Whether a row may have any number of labels.</summary>
    protected virtual bool SeveralLabels => false;

    /// <summary>What is spread evenly over the parts.</summary>
    protected virtual string? Stratum(Example example) => example.Label;
}
