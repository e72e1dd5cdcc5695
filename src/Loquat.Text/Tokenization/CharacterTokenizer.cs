using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Models.WordLevel;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization;

/// <summary>One token a Unicode code point; those not seen in training become U+FFFD.</summary>
public static class CharacterTokenizer
{
    internal const string Unknown = "\uFFFD";

    /// <summary>Learns the code points of a text: the most frequent first, ties by code point; the unknown token last.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two texts.</exception>
    /// <param name="special">Special tokens, after all others.</param>
    public static Tokenizer Train(IEnumerable<string> texts, IReadOnlyList<string>? special = null, CancellationToken cancellation = default)
    {
        var counts = new Dictionary<int, long>();
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var rune in text.EnumerateRunes()) CollectionsMarshal.GetValueRefOrAddDefault(counts, rune.Value, out _)++;
        }
        counts.Remove(Unknown[0]);
        var vocabulary = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Select(c => char.ConvertFromUtf32(c.Key)).Append(Unknown).ToList();
        return Create([.. vocabulary, .. special ?? []], special);
    }

    internal static Tokenizer Create(IReadOnlyList<string> vocabulary, IReadOnlyList<string>? special = null) => new(new TokenizerComponents
    {
        AddedTokens = [.. ((string[])[Unknown, .. special ?? []]).Select(text => new AddedToken(text) { Special = true })],
        PreTokenizer = SplitPreTokenizer.AtRegex(SplitPattern.EachCharacter.Regex),
        Model = new WordLevelModel(vocabulary, Unknown),
        Decoder = new FuseDecoder(),
    });
}
