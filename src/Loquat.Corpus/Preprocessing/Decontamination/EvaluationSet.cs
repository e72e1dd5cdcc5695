using System.Numerics;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Cleaning;

namespace Loquat.Corpus.Preprocessing.Decontamination;

/// <summary>An item of an evaluation set.</summary>
public sealed record EvaluationItem(int Id, string Set, string Text);

/// <summary>What a document shares with an evaluation set.</summary>
/// <param name="Position">Index of the first word, in the normal text.</param>
/// <param name="Words">How many words are shared.</param>
/// <param name="Ngram">The shared words.</param>
/// <param name="Items">Ids of the items that have them, in order.</param>
public sealed record Overlap(int Position, int Words, string Ngram, IReadOnlyList<int> Items);

/// <summary>
/// Finds evaluation items in training text by n-grams of words they share. Texts are compared in normal form: lower case, without punctuation and symbols (Brown et al. 2020, appendix C).
/// </summary>
public sealed class EvaluationSet
{
    private readonly Dictionary<ulong, List<int>> _ngrams = [];
    private readonly int[] _sizes;
    private readonly Func<string, string> _normalize;

    private EvaluationSet(IEnumerable<EvaluationItem> items, Func<string, int> sizeOf, Func<string, string> normalize)
    {
        _normalize = normalize;
        var sizes = new SortedSet<int>();
        foreach (var item in items)
        {
            var n = sizeOf(item.Set);
            sizes.Add(n);
            var hashes = Hashes(_normalize(item.Text), out _);
            for (var i = 0; i + n <= hashes.Length; i++)
            {
                var key = Key(hashes.AsSpan(i, n));
                if (!_ngrams.TryGetValue(key, out var ids)) _ngrams[key] = ids = [];
                if (ids.Count == 0 || ids[^1] != item.Id) ids.Add(item.Id);
            }
        }
        _sizes = [.. sizes];
    }

    /// <summary>N-grams of one size for all sets.</summary>
    public static EvaluationSet OfSize(IEnumerable<EvaluationItem> items, int n)
    {
        if (n < 1) throw new OptionsException($"n-grams of {n} words: it must be 1 or more.");
        return new(items, _ => n, PlainText.Normal);
    }

    /// <summary>GPT-3's rule: for each set the 5th percentile of its items' lengths in words, from 8 to 13.</summary>
    public static EvaluationSet Gpt3(IEnumerable<EvaluationItem> items)
    {
        var all = items.ToList();
        var sizes = SizesOfGpt3(all);
        return new(all, set => sizes[set], PlainText.Normal);
    }

    /// <summary>Texts simplified as datatrove simplifies them, 12-grams: FineWeb's and Nanotron's way.</summary>
    public static EvaluationSet Simplified(IEnumerable<EvaluationItem> items, int n = 12) => new(items, _ => n, text => SimplifiedText.Of(text));

    /// <summary>The size of n-grams that GPT-3's rule gives each set.</summary>
    public static IReadOnlyDictionary<string, int> SizesOfGpt3(IEnumerable<EvaluationItem> items) => items.GroupBy(i => i.Set).ToDictionary(g => g.Key, g =>
    {
        var lengths = g.Select(i => WordSpans.Of(PlainText.Normal(i.Text)).Count).Order().ToArray();
        return Math.Clamp(lengths[(int)(0.05 * lengths.Length)], 8, 13);
    });

    /// <summary>The first n-gram of a document that is in the set; null where there is none.</summary>
    public Overlap? First(string text)
    {
        var normal = _normalize(text);
        var hashes = Hashes(normal, out var words);
        for (var i = 0; i < hashes.Length; i++)
            foreach (var n in _sizes)
                if (i + n <= hashes.Length && _ngrams.TryGetValue(Key(hashes.AsSpan(i, n)), out var items))
                    return new(i, n, normal[words[i].Start..words[i + n - 1].End], items);
        return null;
    }

    /// <summary>The ids of all items that a document shares an n-gram with.</summary>
    public IReadOnlySet<int> ItemsIn(string text)
    {
        var hashes = Hashes(_normalize(text), out _);
        var found = new HashSet<int>();
        foreach (var n in _sizes)
            for (var i = 0; i + n <= hashes.Length; i++)
                if (_ngrams.TryGetValue(Key(hashes.AsSpan(i, n)), out var items)) found.UnionWith(items);
        return found;
    }

    /// <summary>The share of a document's n-grams that are in the set; 0 where it has none.</summary>
    public double Share(string text)
    {
        var hashes = Hashes(_normalize(text), out _);
        var (all, shared) = (0, 0);
        foreach (var n in _sizes)
        {
            for (var i = 0; i + n <= hashes.Length; i++)
            {
                all++;
                if (_ngrams.ContainsKey(Key(hashes.AsSpan(i, n)))) shared++;
            }
        }
        return all == 0 ? 0 : shared / (double)all;
    }

    private static ulong[] Hashes(string normal, out List<TextSpan> words)
    {
        words = WordSpans.Of(normal);
        var hashes = new ulong[words.Count];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(words[i].Of(normal)));
        return hashes;
    }

    private static ulong Key(ReadOnlySpan<ulong> hashes)
    {
        var key = (ulong)hashes.Length;
        foreach (var hash in hashes) key = BitOperations.RotateLeft((key ^ hash) * 0x9e3779b97f4a7c15, 31);
        return key;
    }
}
