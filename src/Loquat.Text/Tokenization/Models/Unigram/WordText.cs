using System.Text;
using Loquat.Text.Tokenization.Counting;

namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>The distinct words as ranks of characters, each ended by 0. U+0000 has rank 0 too: no piece holds it.</summary>
internal sealed class WordText
{
    private WordText(int[] text, int[] starts, long[] counts, int[] alphabet, long[] characterCounts) =>
        (Text, Starts, Counts, Alphabet, CharacterCounts) = (text, starts, counts, alphabet, characterCounts);

    public int[] Text { get; }

    /// <summary>Where each word begins; one more for the end.</summary>
    public int[] Starts { get; }

    public long[] Counts { get; }

    /// <summary>The code point of each rank, ascending.</summary>
    public int[] Alphabet { get; }

    /// <summary>How often the character of each rank comes.</summary>
    public long[] CharacterCounts { get; }

    public int Words => Counts.Length;

    public string Spell(int at, int length)
    {
        var spelled = new StringBuilder();
        foreach (var rank in Text.AsSpan(at, length)) spelled.Append(char.ConvertFromUtf32(Alphabet[rank]));
        return spelled.ToString();
    }

    public static WordText Create(WordCounts words)
    {
        var text = new List<int>(words.Bytes + words.Count);
        var starts = new int[words.Count + 1];
        var counts = new long[words.Count];
        var seen = new bool[0x110000];
        seen[0] = true;
        for (var w = 0; w < words.Count; w++)
        {
            counts[w] = words.Frequency(w);
            for (var rest = words.Word(w); rest.Length > 0;)
            {
                Rune.DecodeFromUtf8(rest, out var rune, out var length);
                rest = rest[length..];
                text.Add(rune.Value);
                seen[rune.Value] = true;
            }
            text.Add(0);
            starts[w + 1] = text.Count;
        }
        var alphabet = Enumerable.Range(0, seen.Length).Where(c => seen[c]).ToArray();
        var ranks = new int[seen.Length];
        for (var rank = 0; rank < alphabet.Length; rank++) ranks[alphabet[rank]] = rank;
        var coded = text.ToArray();
        var characterCounts = new long[alphabet.Length];
        for (var w = 0; w < words.Count; w++)
            foreach (ref var c in coded.AsSpan(starts[w], starts[w + 1] - starts[w])) characterCounts[c = ranks[c]] += counts[w];
        return new(coded, starts, counts, alphabet, characterCounts);
    }
}
