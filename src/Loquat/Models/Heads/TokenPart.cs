using Loquat.Layers;
using Loquat.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Heads;

/// <summary>What a head tells of each token.</summary>
public enum TokenLabels
{
    /// <summary>A class of each: labels (B, T).</summary>
    Classes,

    /// <summary>The token with which a span begins and the one with which it ends, out of all of the row: labels (B, 2).</summary>
    Span,

    /// <summary>Whether it is a replaced one: labels (B, T) of 0 and 1, none in padding.</summary>
    Replaced,
}

/// <summary>Something of each token: transform, dropout, an affine map.</summary>
/// <param name="Labels">What it tells.</param>
/// <param name="Output">Name of the affine map, without `.weight`.</param>
/// <param name="Width">Its inputs.</param>
/// <param name="Classes">Its outputs.</param>
public sealed record TokenPart(TokenLabels Labels, string Output, long Width, long Classes) : HeadPart
{
    /// <summary>Dropout before the last layer. 0 to 1.</summary>
    public double Dropout { get; init; }

    /// <summary>How the last layer starts; null: as the matrices.</summary>
    public Initializer? OutputStart { get; init; }

    internal override bool IsOfRows => false;

    public override IEnumerable<ParameterSpec> Parameters(Initializer start)
    {
        foreach (var spec in Transform?.Parameters(start) ?? []) yield return spec;
        yield return new($"{Output}.weight", [Classes, Width], OutputStart ?? start, ParameterRole.Output);
        yield return new($"{Output}.bias", [Classes], Initializer.Zeros, ParameterRole.Vector);
    }

    internal override Tensor Logits(Tensor hidden, HeadContext context)
    {
        var x = context.Drop(Transform?.Apply(hidden, context) ?? hidden, Dropout);
        var logits = Linear.Apply(x, context.Parameter($"{Output}.weight"), context.Parameter($"{Output}.bias"));   // (B, T, C)
        return Labels == TokenLabels.Replaced ? logits.squeeze(-1) : logits;
    }

    internal override void CheckLabels(Tensor ids, Tensor labels)
    {
        var (rows, tokens) = (ids.shape[0], ids.shape[1]);
        if (Labels == TokenLabels.Span)
        {
            if (labels.dtype != ScalarType.Int64 || labels.dim() != 2 || labels.shape[0] != rows || labels.shape[1] != 2) throw WrongLabels(labels, $"the first and the last token of a span, ({rows}, 2) of Int64");
            TensorRange.Check(labels, long.MinValue, tokens, "label", $"a row has tokens 0 to {tokens - 1}.");
            return;
        }
        if (labels.dtype != ScalarType.Int64 || !labels.shape.SequenceEqual(ids.shape)) throw WrongLabels(labels, $"a class for each token, {TensorRange.Describe(ids)}");
        var classes = Labels == TokenLabels.Replaced ? 2 : Classes;
        TensorRange.Check(labels, long.MinValue, classes, "label", Labels == TokenLabels.Replaced ? "a token is replaced, 1, or not, 0." : $"this head has classes 0 to {classes - 1}.");
    }

    internal override double Loss(Tensor hidden, Tensor labels, double scale, Tensor? gradient, Span<double> losses, HeadContext context) => Differentiate(
        hidden, states => Losses(Logits(states, context).to(ScalarType.Float32), labels, context), scale, gradient, losses);

    private Tensor Losses(Tensor logits, Tensor labels, HeadContext context)
    {
        switch (Labels)
        {
            case TokenLabels.Span:
                // (B, T, 2) → (B · 2, T): for each row its beginning, then its end.
                if (context.Forward.LossOptions.ClassWeights is not null) throw new OptionsException("class weights are given; the ends of a span are places, not classes. Leave class_weights out.");
                return CrossEntropyLoss.Each(logits.transpose(1, 2).reshape(-1, logits.shape[1]), labels.reshape(-1), context.Forward.LossOptions);
            case TokenLabels.Replaced:
                if (!context.Forward.LossOptions.IsPlain) throw PlainOnly("whether tokens are replaced ones");
                return CrossEntropyLoss.Binary(logits, labels, context.Forward.AttentionMask);
            default:
                return CrossEntropyLoss.Each(logits.reshape(-1, Classes), labels.reshape(-1), context.Forward.LossOptions);
        }
    }
}
