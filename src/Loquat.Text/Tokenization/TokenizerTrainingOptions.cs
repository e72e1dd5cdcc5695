using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization;

/// <summary>How a tokenizer is learned, beside its kind; names are those of Hugging Face's trainers. An option that a kind does not have is refused by name.</summary>
public sealed record TokenizerTrainingOptions
{
    /// <summary>Tokens in all, special ones included; for words an upper bound; not used for characters and bytes. Default: 32,768.</summary>
    public int VocabSize { get; init; } = 32_768;

    /// <summary>Special tokens beside those that the kind has anyway; they get the ids after these, for characters the last. Default: none.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Where text is cut before merging. bpe. Default: GPT-2's pattern.</summary>
    public SplitPattern? Pattern { get; init; }

    /// <summary>Pairs, or words, rarer than this do not become tokens. bpe, bpe-metaspace, bpe-suffix, wordpiece, wordlevel. Default: 0.</summary>
    public long? MinFrequency { get; init; }

    /// <summary>The most characters in the alphabet. bpe-metaspace, bpe-suffix, wordpiece. Default: the kind's.</summary>
    public int? LimitAlphabet { get; init; }

    /// <summary>Characters that become tokens whether or not they occur. bpe-metaspace, bpe-suffix, wordpiece, unigram. Default: none.</summary>
    public string? InitialAlphabet { get; init; }

    /// <summary>The most symbols (bytes or characters) of a token. bpe, bpe-metaspace, bpe-suffix, unigram. Default: none, for unigram 16.</summary>
    public int? MaxTokenLength { get; init; }

    /// <summary>The part of the pieces that a pruning keeps, above 0 and below 1. unigram. Default: 0.75.</summary>
    public double? ShrinkingFactor { get; init; }

    /// <summary>Pieces to begin with, at most. unigram. Default: 1,000,000.</summary>
    public int? SeedSize { get; init; }

    /// <summary>Whether a text that allows fewer tokens gives fewer, instead of an error. All that have a size. Default: false.</summary>
    public bool AllowFewerTokens { get; init; }

    internal IReadOnlyList<string> Alphabet => InitialAlphabet is null ? [] : [.. InitialAlphabet.EnumerateRunes().Select(rune => rune.ToString())];

    /// <exception cref="OptionsException">The kind does not have an option that is set; the message names all of them.</exception>
    internal TokenizerTrainingOptions CheckedFor(TokenizerKind kind)
    {
        var bpe = kind is TokenizerKind.Bpe or TokenizerKind.BpeMetaspace or TokenizerKind.BpeSuffix;
        var characters = kind is TokenizerKind.BpeMetaspace or TokenizerKind.BpeSuffix or TokenizerKind.Wordpiece;
        (string Name, bool Set, bool Has)[] all =
        [
            ("special_tokens", SpecialTokens.Count > 0, true),
            ("pattern", Pattern is not null, kind == TokenizerKind.Bpe),
            ("min_frequency", MinFrequency is not null, bpe || kind is TokenizerKind.Wordpiece or TokenizerKind.Wordlevel),
            ("limit_alphabet", LimitAlphabet is not null, characters),
            ("initial_alphabet", InitialAlphabet is not null, characters || kind == TokenizerKind.Unigram),
            ("max_token_length", MaxTokenLength is not null, bpe || kind == TokenizerKind.Unigram),
            ("shrinking_factor", ShrinkingFactor is not null, kind == TokenizerKind.Unigram),
            ("seed_size", SeedSize is not null, kind == TokenizerKind.Unigram),
            ("allow_fewer_tokens", AllowFewerTokens, TokenizerTraining.HasSize(kind) && kind != TokenizerKind.Wordlevel),
        ];
        var wrong = all.Where(option => option.Set && !option.Has).Select(option => option.Name).ToList();
        if (wrong.Count > 0)
        {
            throw new OptionsException(
                $"a {kind.ToString().ToLowerInvariant()} tokenizer is learned without {string.Join(", ", wrong)}; it has {string.Join(", ", all.Where(option => option.Has).Select(option => option.Name).DefaultIfEmpty("no options"))}.");
        }
        if (SpecialTokens.Any(string.IsNullOrEmpty)) throw new OptionsException("a special token is empty; give each a text.");
        if (MinFrequency < 0) throw new OptionsException($"min_frequency is {MinFrequency}; allowed: 0 or more.");
        return this;
    }
}
