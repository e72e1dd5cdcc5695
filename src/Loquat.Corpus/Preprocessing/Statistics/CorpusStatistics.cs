using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Statistics;

/// <summary>Counts of a corpus, document by document, and the laws that its words follow.</summary>
public sealed class CorpusStatistics
{
    private const int MaxTypes = 4_000_000; // distinct words that are counted; later ones are only tokens

    private readonly Dictionary<string, long> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly SortedDictionary<string, long> _languages = new(StringComparer.Ordinal), _sources = new(StringComparer.Ordinal), _licenses = new(StringComparer.Ordinal);
    private readonly long[] _lengths = new long[40];
    private readonly List<(long Tokens, long Types)> _growth = [];
    private long _nextGrowth = 1000;

    public CorpusStatistics() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    public long Documents { get; private set; }

    public long Words { get; private set; }

    public long Characters { get; private set; }

    /// <summary>UTF-8.</summary>
    public long Bytes { get; private set; }

    public void Add(Document document)
    {
        Documents++;
        Bytes += Encoding.UTF8.GetByteCount(document.Text);
        Characters += WhiteSpace.CodePoints(document.Text);
        Count(_languages, document.Language);
        Count(_licenses, document.License);
        Count(_sources, SourceOf(document.Source));
        var words = 0;
        foreach (var span in new WordSpans(document.Text))
        {
            words++;
            var word = span.Of(document.Text);
            ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_lookup, word);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref count)) count++;
            else if (_words.Count < MaxTypes) _words.Add(word.ToString(), 1);
        }
        Words += words;
        _lengths[words == 0 ? 0 : (int)Math.Log2(words) + 1]++;
        if (Words < _nextGrowth) return;
        _growth.Add((Words, _words.Count));
        _nextGrowth = Math.Max(Words + 1, (long)(_nextGrowth * 1.5));
    }

    // A file of an archive counts as the archive, an address as its host, a file as its folder.
    private static string SourceOf(string source)
    {
        if (Uri.TryCreate(source, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") return uri!.Host;
        var archive = source.IndexOf('!');
        if (archive > 0) return source[..archive];
        return Path.GetDirectoryName(source) is { Length: > 0 } folder ? folder.Replace('\\', '/') : source;
    }

    private static void Count(SortedDictionary<string, long> counts, string? key) => counts[key ?? "unknown"] = counts.GetValueOrDefault(key ?? "unknown") + 1;

    public CorpusSummary Summarize(int top = 50)
    {
        var ranked = _words.OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal).ToList();
        var heaps = Fit(_growth.Select(g => (Math.Log(g.Tokens), Math.Log(g.Types))));
        // Zipf is fitted to ranks that are neither the few function words nor the many that come once.
        var zipf = Fit(ranked.Select((w, i) => (Rank: i + 1, w.Value)).Where(w => w.Rank >= 10 && w.Value >= 5).Take(20_000).Select(w => (Math.Log(w.Rank), Math.Log(w.Value))));
        return new()
        {
            Documents = Documents,
            Words = Words,
            Characters = Characters,
            Bytes = Bytes,
            DistinctWords = _words.Count,
            Languages = _languages,
            Sources = _sources,
            Licenses = _licenses,
            WordsPerDocument = [.. _lengths.Select((n, i) => new LengthCount(i == 0 ? 0 : 1L << (i - 1), n)).Where(l => l.Documents > 0)],
            TopWords = [.. ranked.Take(top).Select(w => new WordCount(w.Key, w.Value))],
            TypeGrowth = [.. _growth.Select(g => new GrowthPoint(g.Tokens, g.Types))],
            HeapsExponent = heaps?.Slope,
            HeapsFactor = heaps is { } h ? Math.Exp(h.Intercept) : null,
            ZipfExponent = zipf is { } z ? -z.Slope : null,
        };
    }

    private static (double Slope, double Intercept)? Fit(IEnumerable<(double X, double Y)> points)
    {
        var all = points.ToList();
        if (all.Count < 3) return null;
        var (x, y) = (all.Average(p => p.X), all.Average(p => p.Y));
        var variance = all.Sum(p => (p.X - x) * (p.X - x));
        if (variance == 0) return null;
        var slope = all.Sum(p => (p.X - x) * (p.Y - y)) / variance;
        return (slope, y - slope * x);
    }
}

/// <param name="From">Fewest words; the next entry's fewest is above.</param>
public sealed record LengthCount(long From, long Documents);

public sealed record WordCount(string Word, long Count);

/// <param name="Types">Distinct words among the first <paramref name="Tokens"/>.</param>
public sealed record GrowthPoint(long Tokens, long Types);

/// <summary>What a data card says of a corpus.</summary>
public sealed record CorpusSummary
{
    public required long Documents { get; init; }
    public required long Words { get; init; }
    public required long Characters { get; init; }
    public required long Bytes { get; init; }
    public required long DistinctWords { get; init; }
    public required IReadOnlyDictionary<string, long> Languages { get; init; }
    public required IReadOnlyDictionary<string, long> Sources { get; init; }
    public required IReadOnlyDictionary<string, long> Licenses { get; init; }
    public required IReadOnlyList<LengthCount> WordsPerDocument { get; init; }
    public required IReadOnlyList<WordCount> TopWords { get; init; }
    public required IReadOnlyList<GrowthPoint> TypeGrowth { get; init; }

    /// <summary>β of V = K·N^β (Heaps' law); null where there is too little text.</summary>
    public double? HeapsExponent { get; init; }

    /// <summary>K of V = K·N^β.</summary>
    public double? HeapsFactor { get; init; }

    /// <summary>s of f ∝ 1/r^s (Zipf's law).</summary>
    public double? ZipfExponent { get; init; }
}
