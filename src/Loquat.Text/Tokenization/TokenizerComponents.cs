using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.PostProcessors;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization;

/// <summary>What a tokenizer is made of, in the order that text passes.</summary>
public sealed record TokenizerComponents
{
    /// <summary>Texts that are tokens of their own; found before anything else.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public required TokenizerModel Model { get; init; }

    public PostProcessor? PostProcessor { get; init; }

    /// <summary>Null: tokens are joined by spaces.</summary>
    public Decoder? Decoder { get; init; }

    public TruncationOptions? Truncation { get; init; }

    public PaddingOptions? Padding { get; init; }
}
