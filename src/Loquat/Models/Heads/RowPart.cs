using Loquat.Layers;
using Loquat.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Heads;

/// <summary>Which state stands for a whole row.</summary>
public enum RowState
{
    /// <summary>That of the first token.</summary>
    First,

    /// <summary>The mean over the tokens, padding left out.</summary>
    Mean,
}

/// <summary>Classes or numbers of a whole row: one state of it, transform, dropout, an affine map.</summary>
/// <param name="Output">Name of the affine map, without `.weight`.</param>
/// <param name="Width">Its inputs.</param>
/// <param name="Classes">Its outputs.</param>
public sealed record RowPart(string Output, long Width, long Classes) : HeadPart
{
    public RowState State { get; init; }

    /// <summary>Dropout before the transform. 0 to 1.</summary>
    public double InputDropout { get; init; }

    /// <summary>Dropout before the last layer. 0 to 1.</summary>
    public double Dropout { get; init; }

    /// <summary>What the labels are; null: numbers where there is one output, else a class for Int64 labels and any number of classes for others.</summary>
    public ProblemType? Problem { get; init; }

    /// <summary>How the last layer starts; null: as the matrices.</summary>
    public Initializer? OutputStart { get; init; }

    internal override bool IsOfRows => true;

    public override IEnumerable<ParameterSpec> Parameters(Initializer start)
    {
        foreach (var spec in Transform?.Parameters(start) ?? []) yield return spec;
        yield return new($"{Output}.weight", [Classes, Width], OutputStart ?? start, ParameterRole.Output);
        yield return new($"{Output}.bias", [Classes], Initializer.Zeros, ParameterRole.Vector);
    }

    internal override Tensor Logits(Tensor hidden, HeadContext context) => Classify(Choose(hidden, context), context);

    internal override void CheckLabels(Tensor ids, Tensor labels)
    {
        var rows = ids.shape[0];
        switch (ProblemOf(labels))
        {
            case ProblemType.SingleLabelClassification:
                if (labels.dtype != ScalarType.Int64 || labels.dim() != 1 || labels.shape[0] != rows) throw WrongLabels(labels, $"a class for each row, ({rows}) of Int64");
                TensorRange.Check(labels, long.MinValue, Classes, "label", $"this head has classes 0 to {Classes - 1}.");
                return;
            case var problem:
                if (!labels.is_floating_point() || labels.shape[0] != rows || labels.numel() != rows * Classes)
                    throw WrongLabels(labels, $"{(problem == ProblemType.Regression ? "numbers" : "a 0 or 1 for each class")}, ({rows}{(Classes > 1 ? $", {Classes}" : "")}) of Float32");
                return;
        }
    }

    internal override double Loss(Tensor hidden, Tensor labels, double scale, Tensor? gradient, Span<double> losses, HeadContext context) => Differentiate(
        hidden,
        states =>
        {
            var logits = Classify(Choose(states, context), context).to(ScalarType.Float32);     // (B, C)
            var problem = ProblemOf(labels);
            if (problem != ProblemType.SingleLabelClassification && !context.Forward.LossOptions.IsPlain) throw PlainOnly(problem == ProblemType.Regression ? "numbers" : "any number of classes");
            switch (problem)
            {
                case ProblemType.Regression:
                    return (logits - labels.reshape(logits.shape)).square();
                case ProblemType.MultiLabelClassification:
                    return nn.functional.binary_cross_entropy_with_logits(logits, labels.reshape(logits.shape), reduction: nn.Reduction.None);
                default:
                    return CrossEntropyLoss.Each(logits, labels, context.Forward.LossOptions);
            }
        },
        scale, gradient, losses);

    private ProblemType ProblemOf(Tensor labels) => Problem
        ?? (Classes == 1 ? ProblemType.Regression : labels.dtype == ScalarType.Int64 ? ProblemType.SingleLabelClassification : ProblemType.MultiLabelClassification);

    private Tensor Choose(Tensor hidden, HeadContext context)
    {
        if (State == RowState.First) return hidden.select(1, 0);                                // (B, E)
        if (context.Forward.AttentionMask is not { } mask) return hidden.mean([1]);
        var counted = mask.to(hidden.dtype).unsqueeze(2);                                       // (B, T, 1)
        return (hidden * counted).sum(1) / counted.sum(1);
    }

    private Tensor Classify(Tensor state, HeadContext context)
    {
        state = context.Drop(state, InputDropout);
        if (Transform is not null) state = Transform.Apply(state, context);
        return Linear.Apply(context.Drop(state, Dropout), context.Parameter($"{Output}.weight"), context.Parameter($"{Output}.bias"));
    }
}
