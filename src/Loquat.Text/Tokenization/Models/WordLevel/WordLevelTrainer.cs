using System.Text;
using Loquat.Text.Tokenization.Counting;

namespace Loquat.Text.Tokenization.Models.WordLevel;

/// <summary>Options of <see cref="WordLevelTrainer"/>; the names and defaults are Hugging Face's.</summary>
public sealed record WordLevelTrainerOptions
{
    /// <summary>Tokens in all, at most. Default: 30,000.</summary>
    public int VocabSize { get; init; } = 30_000;

    /// <summary>Words rarer than this are left out. Default: 0.</summary>
    public long MinFrequency { get; init; }

    /// <summary>The first ids. Default: none.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];
}

/// <summary>Learns a vocabulary of whole words, or of characters where the words are characters: the most frequent, ties going to the lower UTF-8 bytes.</summary>
public static class WordLevelTrainer
{
    /// <returns>The vocabulary in the order of ids; shorter than asked for where the text has fewer words.</returns>
    /// <exception cref="OptionsException">The vocabulary has no room for the special tokens.</exception>
    public static IReadOnlyList<string> Learn(WordCounts words, WordLevelTrainerOptions options)
    {
        if (options.VocabSize < options.SpecialTokens.Count)
            throw new OptionsException($"vocab_size is {options.VocabSize}; {options.SpecialTokens.Count} special tokens need {options.SpecialTokens.Count}.");
        var tokens = new List<string>(options.SpecialTokens);
        var taken = tokens.ToHashSet(StringComparer.Ordinal);
        // The words come in the order of their bytes, and the sort is stable.
        foreach (var index in Enumerable.Range(0, words.Count).Where(i => words.Frequency(i) >= options.MinFrequency).OrderByDescending(words.Frequency))
        {
            if (tokens.Count == options.VocabSize) break;
            if (Encoding.UTF8.GetString(words.Word(index)) is var word && taken.Add(word)) tokens.Add(word);
        }
        return tokens;
    }
}
