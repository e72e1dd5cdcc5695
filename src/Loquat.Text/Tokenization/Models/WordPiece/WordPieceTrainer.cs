using Loquat.Text.Tokenization.Counting;
using Loquat.Text.Tokenization.Models.Bpe;

namespace Loquat.Text.Tokenization.Models.WordPiece;

/// <summary>Options of <see cref="WordPieceTrainer"/>; the names and defaults are Hugging Face's.</summary>
public sealed record WordPieceTrainerOptions
{
    /// <summary>Tokens in all. Default: 30,000.</summary>
    public int VocabSize { get; init; } = 30_000;

    /// <inheritdoc cref="BpeTrainerOptions.MinFrequency"/>
    public long MinFrequency { get; init; }

    /// <summary>The first ids. Default: BERT's.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>Characters that are in the alphabet whether or not they occur: the first code point of each. Default: none.</summary>
    public IReadOnlyList<string> InitialAlphabet { get; init; } = [];

    /// <inheritdoc cref="BpeTrainerOptions.LimitAlphabet"/>
    public int? LimitAlphabet { get; init; }

    /// <summary>Put before tokens that do not begin a word. Default: `##`.</summary>
    public string ContinuingSubwordPrefix { get; init; } = "##";

    /// <inheritdoc cref="BpeTrainerOptions.AllowFewerTokens"/>
    public bool AllowFewerTokens { get; init; }
}

/// <summary>
/// Learns a WordPiece vocabulary as Hugging Face does: by BPE whose tokens inside words carry a prefix. (Schuster and Nakajima 2012 choose by likelihood; no published
/// implementation of theirs exists.)
/// </summary>
public static class WordPieceTrainer
{
    /// <summary>Learns from words that are counted already.</summary>
    /// <returns>The vocabulary in the order of ids.</returns>
    /// <exception cref="OptionsException">The vocabulary has no room for the alphabet, or the words do not allow so many tokens.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static IReadOnlyList<string> Learn(WordCounts words, WordPieceTrainerOptions options, CancellationToken cancellation = default) =>
        BpeTrainer.Learn(words, new BpeTrainerOptions
        {
            VocabSize = options.VocabSize,
            MinFrequency = options.MinFrequency,
            SpecialTokens = options.SpecialTokens,
            ByteLevel = false,
            InitialAlphabet = options.InitialAlphabet,
            LimitAlphabet = options.LimitAlphabet,
            ContinuingSubwordPrefix = options.ContinuingSubwordPrefix,
            AllowFewerTokens = options.AllowFewerTokens,
        }, cancellation).Tokens;
}
