using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// What a model is trained or scored on: sequences, their labels, and what the model should know beside. Objectives make them. All tensors are int64;
/// they belong to the caller.
/// </summary>
public sealed record ModelBatch
{
    /// <summary>A label that does not count.</summary>
    public const long Ignored = -100;

    /// <summary>(B, T).</summary>
    public required Tensor InputIds { get; init; }

    /// <summary>(B, T): the token that each position is to predict, not shifted any more; (B, U) where there is a decoder. -100 does not count.</summary>
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
}
