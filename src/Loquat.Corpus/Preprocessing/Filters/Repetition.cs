using System.Buffers;
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

    /// <summary>
    /// For each n in turn, the characters of the most frequent n-gram of words (joined by spaces) times how often it comes; of equals the first. -1 where the text has no n words.
    /// </summary>
    public static IEnumerable<int> Top(MeasuredText text, IEnumerable<int> sizes)
    {
        var hashes = text.WordHashes.ToArray();
        var folds = new ulong[hashes.Length]; // of the n-gram that begins at each word, one word more each time
        var folded = 0;
        // Where the n-grams looked at last, of fewer words, came more than once: more words come again nowhere else.
        var (places, length) = (Enumerable.Range(0, hashes.Length).ToArray(), hashes.Length);
        foreach (var n in sizes)
        {
            if (hashes.Length < n)
            {
                yield return -1;
                continue;
            }
            if (n < folded) (folded, places, length) = (0, Enumerable.Range(0, hashes.Length).ToArray(), hashes.Length);
            if (folded == 0) Array.Fill(folds, 0x9e3779b97f4a7c15UL);
            while (length > 0 && places[length - 1] + n > hashes.Length) length--;
            var table = Table(length);
            for (var p = 0; p < length; p++)
            {
                var (i, fold) = (places[p], folds[places[p]]);
                for (var k = folded; k < n; k++) fold = BitOperations.RotateLeft((fold ^ hashes[i + k]) * 0xff51afd7ed558ccd, 29);
                folds[i] = fold;
                table.Add(fold, 1);
            }
            folded = n;
            var (best, most, again) = (0, Math.Max(1, table.MostFrequent), 0);
            var isFound = most == 1;
            for (var p = 0; p < length; p++)
            {
                var count = table.CountOf(folds[places[p]]);
                if (count == 1) continue;
                // The first place whose n-gram has the highest count.
                if (!isFound && count == most) (best, isFound) = (places[p], true);
                places[again++] = places[p];
            }
            length = again;
            var characters = n - 1;
            for (var k = best; k < best + n; k++) characters += text.Length(text.Words[k]);
            yield return characters * most;
        }
    }

    /// <summary>For each n in turn, the characters of n-grams (their words joined without spaces) that came before; after one the next n words are passed over.</summary>
    public static IEnumerable<int> Repeated(MeasuredText text, IReadOnlyList<int> sizes)
    {
        var places = PlacesOfCopies(text, sizes.Min());
        if (places.Count == 0)
        {
            foreach (var _ in sizes) yield return 0;
            yield break;
        }
        var (prefixes, ends) = RunTogether(text);
        foreach (var n in sizes) yield return Repeated(text, n, places, prefixes, ends);
    }

    private static int Repeated(MeasuredText text, int n, List<int> places, ulong[] prefixes, int[] ends)
    {
        var table = Table(places.Count);
        var (repeated, free) = (0, 0);
        foreach (var i in places)
        {
            if (i < free) continue;
            if (i + n > ends.Length) break;
            var (from, to) = (i == 0 ? 0 : ends[i - 1], ends[i + n - 1]);
            var hash = Subtract(prefixes[i + n], Multiply(prefixes[i], Power(to - from)));
            if (table.Add(hash ^ (ulong)(to - from) << 32, 1) == 1) continue;
            repeated += text.IsBasic ? to - from : CodePoints(text, i, n);
            free = i + n;
        }
        return repeated;
    }

    /// <summary>
    /// Words at which an n-gram may begin that comes again: those whose next characters, as many as every n-gram has at least, come again at another word. All that is said twice begins there.
    /// </summary>
    private static List<int> PlacesOfCopies(MeasuredText text, int n)
    {
        var words = text.Words;
        var places = new List<int>();
        if (words.Count <= n) return places;
        var buffer = ArrayPool<char>.Shared.Rent(text.Text.Length);
        var begins = new int[words.Count + 1];
        for (var i = 0; i < words.Count; i++)
        {
            words[i].Of(text.Text).CopyTo(buffer.AsSpan(begins[i]));
            begins[i + 1] = begins[i] + words[i].Length;
        }
        var least = int.MaxValue;
        for (var i = 0; i + n <= words.Count; i++) least = Math.Min(least, begins[i + n] - begins[i]);
        var table = Table(words.Count);
        var hashes = new ulong[words.Count - n + 1];
        for (var i = 0; i < hashes.Length; i++) table.Add(hashes[i] = MeasuredText.HashOf(buffer.AsSpan(begins[i], least)), 1);
        ArrayPool<char>.Shared.Return(buffer);
        if (table.MostFrequent == 1) return places;
        for (var i = 0; i < hashes.Length; i++)
            if (table.CountOf(hashes[i]) > 1) places.Add(i);
        return places;
    }

    /// <summary>Hashes of the words run together up to each word, and where each word ends in that run.</summary>
    private static (ulong[] Prefixes, int[] Ends) RunTogether(MeasuredText text)
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
