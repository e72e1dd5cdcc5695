using Loquat.Losses;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// What a model is trained or scored on: sequences, their labels, and what the model should know beside. Objectives make them. All tensors are int64, where nothing else is said;
/// they belong to the caller.
/// </summary>
public sealed record ModelBatch
{
    /// <summary>A label that does not count.</summary>
    public const long Ignored = -100;

    /// <summary>(B, T).</summary>
    public required Tensor InputIds { get; init; }

    /// <summary>
    /// (B, T): the token that each position is to predict, not shifted any more; (B, U) where there is a decoder. -100 does not count. A head takes labels of its own kind: (B, T) classes of tokens,
    /// (B) classes of rows, (B, C) float32 numbers or several classes of rows, (B, 2) first and last token of a span.
    /// </summary>
    public required Tensor Labels { get; init; }

    /// <summary>(B, T): 1 = token, 0 = padding. Default: no padding.</summary>
    public Tensor? AttentionMask { get; init; }

    /// <summary>(B, T): which of two texts a token belongs to, 0 or 1. Default: all 0.</summary>
    public Tensor? TokenTypeIds { get; init; }

    /// <summary>(B, T). Default: consecutive from 0.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>(B, T): the document of each token of a packed sequence; attention does not cross from one to another. Default: one document.</summary>
    public Tensor? Documents { get; init; }

    /// <summary>(B): so many first tokens of each sequence see each other, whatever their order. Default: none; a token sees those before it.</summary>
    public Tensor? Prefix { get; init; }

    /// <summary>(B, U): what the decoder reads, beginning with its start token.</summary>
    public Tensor? DecoderInputIds { get; init; }

    /// <summary>(B): the class of a whole row, such as whether its second text follows the first. -100 does not count. Default: none.</summary>
    public Tensor? RowLabels { get; init; }

    /// <summary>What a label of <see cref="RowLabels"/> weighs where one of <see cref="Labels"/> weighs 1: counted labels / rows makes the loss the sum of both means, as BERT's is. Default: 1.</summary>
    public double RowWeight { get; init; } = 1;

    /// <summary>How the labels of tokens are counted in training: label smoothing, z-loss, weights. A model is scored by plain cross-entropy whatever stands here. Default: plain.</summary>
    public LossOptions LossOptions { get; init; } = LossOptions.Plain;

    /// <summary>Whose predictions are learned beside the labels, in training. Default: nobody's.</summary>
    internal ITeacher? Teacher { get; init; }
}
