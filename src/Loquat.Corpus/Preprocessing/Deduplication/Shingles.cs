using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Cleaning;

namespace Loquat.Corpus.Preprocessing.Deduplication;

/// <summary>Texts as sets of the n-grams of their words, by 64-bit hashes: what near duplicates are compared by.</summary>
public static class Shingles
{
    /// <summary>The distinct n-grams of the normal text (<see cref="PlainText.Normal"/>), sorted. A text of fewer words has one: all of them.</summary>
    public static ulong[] Of(string text, int n)
    {
        var rest = PlainText.Normal(text).AsSpan();
        var words = new List<ulong>(rest.Length / 6 + 1);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf(' ');
            words.Add(HashOf(end < 0 ? rest : rest[..end]));
            rest = end < 0 ? [] : rest[(end + 1)..];
        }
        if (words.Count == 0) return [];
        var shingles = new ulong[Math.Max(1, words.Count - n + 1)];
        for (var i = 0; i < shingles.Length; i++) shingles[i] = Combine(CollectionsMarshal.AsSpan(words).Slice(i, Math.Min(n, words.Count - i)));
        Sort(shingles);
        var distinct = 1;
        for (var i = 1; i < shingles.Length; i++)
            if (shingles[i] != shingles[distinct - 1]) shingles[distinct++] = shingles[i];
        return shingles[..distinct];
    }

    /// <summary>Hashes are spread evenly: by their first bits each falls close to its place.</summary>
    private static void Sort(ulong[] hashes)
    {
        if (hashes.Length is < 64 or > 1 << 20)
        {
            Array.Sort(hashes);
            return;
        }
        var shift = BitOperations.LeadingZeroCount((ulong)hashes.Length) + 1; // one bucket to two for each hash
        var ends = new int[(1 << (64 - shift + 1)) + 1];
        foreach (var hash in hashes) ends[(int)(hash >> (shift - 1)) + 1]++;
        for (var i = 1; i < ends.Length; i++) ends[i] += ends[i - 1];
        var from = hashes.ToArray();
        var begins = ends.AsSpan(0, ends.Length - 1).ToArray();
        foreach (var hash in from) hashes[begins[(int)(hash >> (shift - 1))]++] = hash;
        for (var i = 0; i + 1 < ends.Length; i++)
            if (ends[i + 1] - ends[i] > 1) hashes.AsSpan(ends[i], ends[i + 1] - ends[i]).Sort();
    }

    /// <summary>Common n-grams of two sets over all of theirs: from 0 to 1.</summary>
    public static double Jaccard(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
    {
        if (a.Length == 0 && b.Length == 0) return 0;
        var (i, k, common) = (0, 0, 0);
        while (i < a.Length && k < b.Length)
        {
            if (a[i] == b[k])
            {
                common++;
                i++;
                k++;
            }
            else if (a[i] < b[k]) i++;
            else k++;
        }
        return common / (double)(a.Length + b.Length - common);
    }

    internal static ulong HashOf(ReadOnlySpan<char> text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text));

    internal static ulong Combine(ReadOnlySpan<ulong> hashes)
    {
        var hash = 0x9e3779b97f4a7c15UL;
        foreach (var h in hashes) hash = BitOperations.RotateLeft((hash ^ h) * 0xff51afd7ed558ccd, 29);
        return hash ^ hash >> 32;
    }
}
