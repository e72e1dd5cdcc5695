namespace Loquat.Corpus.Preprocessing.Deduplication;

/// <summary>When two documents are near duplicates, and how they are found.</summary>
public sealed record NearDuplicateOptions
{
    /// <summary>Least Jaccard similarity of the sets of n-grams. Default: 0.8.</summary>
    public double Threshold { get; init; } = 0.8;

    /// <summary>Words of an n-gram. Default: 5.</summary>
    public int ShingleSize { get; init; } = 5;

    /// <summary>Hash functions of a signature, a multiple of 8. Default: 128.</summary>
    public int Permutations { get; init; } = 128;

    /// <summary>Chance that a pair just at the threshold never meets. Decides how the signature is cut into bands. Default: 0.001.</summary>
    public double Missed { get; init; } = 0.001;

    /// <summary>Seed of the hash functions. Default: 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The most rows a band may have so that no more pairs are missed.</summary>
    internal int Rows()
    {
        if (Threshold is not (> 0 and <= 1)) throw new OptionsException($"the threshold is {Threshold}: it must be above 0 and at most 1.");
        if (ShingleSize < 1) throw new OptionsException($"the n-grams have {ShingleSize} words: it must be 1 or more.");
        var rows = 1;
        while (rows < 16 && Math.Pow(1 - Math.Pow(Threshold, rows + 1), Permutations / (rows + 1)) <= Missed) rows++;
        return rows;
    }
}

/// <summary>Two documents that are near duplicates, the earlier one first.</summary>
public readonly record struct NearPair(int First, int Second, double Jaccard);

/// <summary>
/// Finds near duplicates by MinHash and locality-sensitive hashing (Broder 1997; Leskovec et al., Mining of Massive Datasets, 3.4): documents that share a band of their signatures are compared exactly, so that
/// no pair below the threshold is ever found. Documents are clustered through their pairs; of each cluster the first document stays.
/// </summary>
public sealed class NearDuplicates
{
    // A bucket of more documents is compared with the first ones only: all of them are copies of a few.
    private const int Representatives = 32;

    private readonly NearDuplicateOptions _options;
    private readonly MinHash _hash;
    private readonly int _rows, _bands;
    private readonly List<ulong[]> _shingles = [];
    private readonly List<ulong[]> _keys = [];

    public NearDuplicates(NearDuplicateOptions? options = null)
    {
        _options = options ?? new();
        _hash = new(_options.Permutations, _options.Seed);
        _rows = _options.Rows();
        _bands = _options.Permutations / _rows;
    }

    /// <summary>Bands, and rows of each.</summary>
    public (int Bands, int Rows) Layout => (_bands, _rows);

    /// <summary>What a document is compared by. May be made on any thread.</summary>
    public readonly record struct Sketch(ulong[] Shingles, ulong[] Bands);

    public Sketch SketchOf(string text)
    {
        var shingles = Shingles.Of(text, _options.ShingleSize);
        if (shingles.Length == 0) return new([], []);
        var signature = _hash.Sign(shingles);
        var keys = new ulong[_bands];
        Span<ulong> row = stackalloc ulong[_rows];
        for (var band = 0; band < _bands; band++)
        {
            for (var i = 0; i < _rows; i++) row[i] = signature[band * _rows + i];
            keys[band] = Shingles.Combine(row);
        }
        return new(shingles, keys);
    }

    /// <summary>Adds the next document; its number is how many were added before.</summary>
    public void Add(Sketch sketch)
    {
        _shingles.Add(sketch.Shingles);
        _keys.Add(sketch.Bands);
    }

    public int Count => _shingles.Count;

    /// <summary>All pairs that met and reach the threshold, in order.</summary>
    public IReadOnlyList<NearPair> Pairs() => [.. Find(new Clusters(Count), all: true).Distinct().OrderBy(p => p.First).ThenBy(p => p.Second)];

    /// <summary>For each document the first of its cluster: itself where it stays.</summary>
    public int[] Firsts()
    {
        var clusters = new Clusters(Count);
        foreach (var _ in Find(clusters, all: false))
        {
        }
        return clusters.Firsts();
    }

    private IEnumerable<NearPair> Find(Clusters clusters, bool all)
    {
        var documents = Enumerable.Range(0, Count).Where(i => _keys[i].Length > 0).ToArray();
        var order = new int[documents.Length];
        var keys = new ulong[documents.Length];
        for (var band = 0; band < _bands; band++)
        {
            for (var i = 0; i < documents.Length; i++) (order[i], keys[i]) = (documents[i], _keys[documents[i]][band]);
            Array.Sort(keys, order);
            for (int start = 0, end; start < keys.Length; start = end)
            {
                end = start + 1;
                while (end < keys.Length && keys[end] == keys[start]) end++;
                if (end - start < 2) continue;
                Array.Sort(order, start, end - start);
                for (var i = start + 1; i < end; i++)
                {
                    for (var k = start; k < i && k < start + Representatives; k++)
                    {
                        var (first, second) = (order[k], order[i]);
                        if (!all && clusters.Same(first, second)) continue;
                        var jaccard = Shingles.Jaccard(_shingles[first], _shingles[second]);
                        if (jaccard < _options.Threshold) continue;
                        clusters.Join(first, second);
                        yield return new(first, second, jaccard);
                    }
                }
            }
        }
    }
}

/// <summary>Sets that grow together; each is known by its least member.</summary>
public sealed class Clusters(int count)
{
    private readonly int[] _parents = [.. Enumerable.Range(0, count)];

    public bool Same(int a, int b) => First(a) == First(b);

    public void Join(int a, int b)
    {
        var (x, y) = (First(a), First(b));
        if (x < y) _parents[y] = x;
        else _parents[x] = y;
    }

    public int First(int i)
    {
        while (_parents[i] != i) i = _parents[i] = _parents[_parents[i]];
        return i;
    }

    public int[] Firsts() => [.. Enumerable.Range(0, _parents.Length).Select(First)];
}
