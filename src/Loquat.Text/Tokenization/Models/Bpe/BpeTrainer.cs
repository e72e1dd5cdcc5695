using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;

namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>Options of <see cref="BpeTrainer"/>; the names and defaults are Hugging Face's.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Tokens in all: special ones, the alphabet, merges.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Pairs rarer than this are not merged. Default: 0.</summary>
    public long MinFrequency { get; init; }

    /// <summary>The first ids. Default: the end-of-text token alone.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>Where byte-level training cuts text. Default: GPT-2's pattern.</summary>
    public SplitPattern Pattern { get; init; } = SplitPattern.Gpt2;

    /// <summary>Whether the alphabet is the 256 bytes rather than the characters of the text. Default: true.</summary>
    public bool ByteLevel { get; init; } = true;

    /// <summary>Characters that are in the alphabet whether or not they occur: the first code point of each. Not used at byte level. Default: none.</summary>
    public IReadOnlyList<string> InitialAlphabet { get; init; } = [];

    /// <summary>The most characters in the alphabet; rarer ones are left out of the words. Not used at byte level. Default: no limit.</summary>
    public int? LimitAlphabet { get; init; }

    /// <summary>Tokens have fewer symbols (bytes or characters) than this. Default: no limit.</summary>
    public int? MaxTokenLength { get; init; }

    /// <summary>Put before each character that does not begin a word, such as `##`. Not used at byte level. Default: none.</summary>
    public string ContinuingSubwordPrefix { get; init; } = "";

    /// <summary>Put behind each character that ends a word, such as `&lt;/w&gt;`. Not used at byte level. Default: none.</summary>
    public string EndOfWordSuffix { get; init; } = "";

    /// <summary>Whether a text that yields fewer tokens than <see cref="VocabSize"/> is accepted. Default: false, an error.</summary>
    public bool AllowFewerTokens { get; init; }
}

/// <summary>What BPE training learns.</summary>
/// <param name="Tokens">The vocabulary in the order of ids.</param>
/// <param name="Merges">Ids of the two tokens that each merge joins, in the order of ranks.</param>
public sealed record BpeVocabulary(IReadOnlyList<string> Tokens, IReadOnlyList<(int Left, int Right)> Merges);

/// <summary>
/// Learns BPE (Sennrich et al. 2016; Radford et al. 2019 on bytes): the most frequent pair of neighbours becomes a token, ties going to the
/// pair of lower ids, until the vocabulary is full. Counts are 64-bit; memory grows with distinct words, not with text; neither the number of threads nor
/// the order of the texts changes the result.
/// </summary>
public static class BpeTrainer
{
    /// <summary>Learns from words that are counted already.</summary>
    /// <exception cref="OptionsException">The vocabulary has no room for the alphabet, or the words do not allow so many tokens.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static BpeVocabulary Learn(WordCounts words, BpeTrainerOptions options, CancellationToken cancellation = default)
    {
        Check(options);
        var symbols = SymbolWords.Create(words, options);
        var merges = new PairMerger(symbols, options).Run(cancellation);
        if (symbols.Tokens.Count < options.VocabSize && !options.AllowFewerTokens)
        {
            throw new OptionsException(
                $"vocab_size is {options.VocabSize}, but the text allows only {symbols.Tokens.Count} tokens before {(options.MinFrequency > 1 ? $"no pair comes {options.MinFrequency} times" : "every word is one token")}. " +
                $"Give more text, or set vocab_size to at most {symbols.Tokens.Count}.");
        }
        return new(symbols.Tokens, merges);
    }

    /// <exception cref="OptionsException">The options contradict each other, whatever the words are.</exception>
    internal static void Check(BpeTrainerOptions options)
    {
        if (options.SpecialTokens.GroupBy(t => t, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new OptionsException($"special token '{twice.Key}' is given {twice.Count()} times; each must be given once.");
        if (options.LimitAlphabet is < 1) throw new OptionsException($"limit_alphabet is {options.LimitAlphabet}; it must be at least 1, or left out for no limit.");
        if (options.MaxTokenLength is < 1) throw new OptionsException($"max_token_length is {options.MaxTokenLength}; it must be at least 1, or left out for no limit.");
        var fixedTokens = options.SpecialTokens.Count + (options.ByteLevel ? 256 : 0);
        if (options.VocabSize < fixedTokens)
            throw new OptionsException($"vocab_size is {options.VocabSize}; {options.SpecialTokens.Count} special tokens{(options.ByteLevel ? " and 256 bytes" : "")} need {fixedTokens}.");
    }
}
