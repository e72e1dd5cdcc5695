using System.Text.Json.Nodes;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Objectives;

namespace Loquat.FineTuning;

/// <summary>A task whose labels are known: what stands between examples and a model with its head. Numbers in, numbers out; it owns no tensor.</summary>
public abstract class FineTuningTask
{
    /// <summary>The measure that chooses the best checkpoint; higher is better.</summary>
    public abstract string Measure { get; }

    /// <summary>Whether labels are of tokens and not of rows.</summary>
    public virtual bool LabelsTokens => false;

    /// <summary>What is learned, for a person: "2 classes: negative (3,310), positive (3,610)".</summary>
    public abstract string Describe(IReadOnlyList<Example> train);

    /// <summary>What in the examples is likely to spoil what is learned, a sentence each.</summary>
    public abstract IEnumerable<string> Warnings(ExampleSets sets);

    /// <summary>A configuration with the head of the task.</summary>
    public abstract EncoderConfig WithHead(EncoderConfig config);

    /// <summary>What is learned of a batch of rows. Default: the labels, by the loss of the model's head.</summary>
    public virtual Objective CreateObjective() => new ExampleObjective();

    /// <summary>Rows with their labels, in the order of the examples.</summary>
    /// <exception cref="DataException">A label is not one that was learned.</exception>
    public abstract IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder);

    /// <summary>The losses of a row, one for each label that counts.</summary>
    /// <param name="logits">(C) of the row, or (T, C) of its tokens.</param>
    public abstract IReadOnlyList<double> Losses(TaskRow row, float[] logits);

    /// <summary>The measure on some rows.</summary>
    public abstract double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits);

    /// <summary>How good the model is on a test, with what it got wrong.</summary>
    public abstract TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits);

    /// <summary>What the model says of each example.</summary>
    public abstract IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits);
}

/// <summary>What a model says of a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Label">The likeliest class, or what else the task tells, as a text.</param>
/// <param name="Probability">Of it, 0 to 1; of a number null.</param>
public record Prediction(string Text, string Label, double? Probability)
{
    /// <summary>Of each class, by its name, in the model's order; empty where there are none.</summary>
    public IReadOnlyDictionary<string, double> Probabilities { get; init; } = new Dictionary<string, double>();

    /// <summary>What else the task tells, as JSON has it: `score` of a number, `labels`, `start` and `end` of an answer, `words`, `tags` and `entities`. Null: nothing.</summary>
    public JsonObject? Details { get; init; }
}
