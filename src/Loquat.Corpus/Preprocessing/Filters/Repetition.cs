using System.Numerics;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>How much of a text is said more than once. Pieces are compared by 64-bit hashes.</summary>
internal static class Repetition
{
    private const ulong Base = 0x1b873593cc9e2d51 % Prime;
    private const ulong Prime = (1UL << 61) - 1;

    [ThreadStatic]
    private static HashTable? _table;

    /// <summary>Pieces that came before, and their characters.</summary>
    public static (int Count, int Characters) Duplicates(MeasuredText text, IReadOnlyList<TextSpan> pieces)
    {
        var table = Table(pieces.Count);
        var (count, characters) = (0, 0);
        foreach (var piece in pieces)
        {
            if (table.Add(MeasuredText.HashOf(piece.Of(text.Text)), 1) == 1) continue;
            count++;
            characters += text.Length(piece);
        }
        return (count, characters);
    }

    /// <summary>The characters of the most frequent n-gram of words (joined by spaces) times how often it comes; of equals the first. -1 where the text has no n words.</summary>
    public static int Top(MeasuredText text, int n)
    {
        var hashes = text.WordHashes;
        if (hashes.Length < n) return -1;
        var table = Table(hashes.Length);
        for (var i = 0; i + n <= hashes.Length; i++) table.Add(Combine(hashes.Slice(i, n)), 1);
        var (best, most) = (0, 0);
        if (table.MostFrequent == 1) most = 1;
        else
        {
            // The first place whose n-gram has the highest count.
            most = table.MostFrequent;
            while (table.CountOf(Combine(hashes.Slice(best, n))) != most) best++;
        }
        var length = n - 1;
        for (var k = best; k < best + n; k++) length += text.Length(text.Words[k]);
        return length * most;
    }

    /// <summary>For each n, the characters of n-grams (their words joined without spaces) that came before; after one the next n words are passed over.</summary>
    public static int Repeated(MeasuredText text, int n, ReadOnlySpan<ulong> prefixes, ReadOnlySpan<int> ends)
    {
        var words = text.Words.Count;
        var table = Table(words);
        var repeated = 0;
        for (var i = 0; i + n <= words;)
        {
            var (from, to) = (i == 0 ? 0 : ends[i - 1], ends[i + n - 1]);
            var hash = Subtract(prefixes[i + n], Multiply(prefixes[i], Power(to - from)));
            if (table.Add(hash ^ (ulong)(to - from) << 32, 1) == 1) i++;
            else
            {
                repeated += text.IsBasic ? to - from : CodePoints(text, i, n);
                i += n;
            }
        }
        return repeated;
    }

    /// <summary>Hashes of the words run together up to each word, and where each word ends in that run.</summary>
    public static (ulong[] Prefixes, int[] Ends) RunTogether(MeasuredText text)
    {
        var words = text.Words;
        var (prefixes, ends) = (new ulong[words.Count + 1], new int[words.Count]);
        ulong hash = 0;
        var length = 0;
        for (var i = 0; i < words.Count; i++)
        {
            foreach (var c in words[i].Of(text.Text)) hash = Reduce(Multiply(hash, Base) + c + 1);
            length += words[i].Length;
            (prefixes[i + 1], ends[i]) = (hash, length);
        }
        return (prefixes, ends);
    }

    private static int CodePoints(MeasuredText text, int first, int n)
    {
        var count = 0;
        for (var k = first; k < first + n; k++) count += text.Length(text.Words[k]);
        return count;
    }

    private static HashTable Table(int expected)
    {
        var table = _table ??= new();
        table.Begin(expected);
        return table;
    }

    private static ulong Combine(ReadOnlySpan<ulong> hashes)
    {
        var hash = 0x9e3779b97f4a7c15UL;
        foreach (var h in hashes) hash = BitOperations.RotateLeft((hash ^ h) * 0xff51afd7ed558ccd, 29);
        return hash;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return Reduce((low & Prime) + (low >> 61 | high << 3));
    }

    private static ulong Reduce(ulong a)
    {
        a = (a & Prime) + (a >> 61);
        return a >= Prime ? a - Prime : a;
    }

    private static ulong Subtract(ulong a, ulong b) => a >= b ? a - b : a + Prime - b;

    private static ulong[] _powers = [1];

    private static ulong Power(int exponent)
    {
        var powers = _powers;
        if (exponent < powers.Length) return powers[exponent];
        if (exponent > 1 << 16) return Multiply(Multiply(Power(exponent / 2), Power(exponent / 2)), exponent % 2 == 1 ? Base : 1);
        var more = new ulong[Math.Min(1 << 17, Math.Max(1024, 2 * exponent))];
        more[0] = 1;
        for (var i = 1; i < more.Length; i++) more[i] = Multiply(more[i - 1], Base);
        _powers = more;
        return more[exponent];
    }
}
