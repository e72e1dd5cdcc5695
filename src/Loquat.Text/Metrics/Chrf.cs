using System.Globalization;
using System.Text;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Metrics;

/// <summary>Options of <see cref="Chrf"/>; defaults are sacreBLEU's.</summary>
public sealed record ChrfOptions
{
    /// <summary>The longest n-gram of characters. Default: 6.</summary>
    public int CharOrder { get; init; } = 6;

    /// <summary>The longest n-gram of words: 2 is chrF++. Default: 0.</summary>
    public int WordOrder { get; init; }

    /// <summary>How many times recall weighs as much as precision. Default: 2.</summary>
    public int Beta { get; init; } = 2;

    public bool Lowercase { get; init; }

    /// <summary>Whether white space counts as characters.</summary>
    public bool WhiteSpace { get; init; }

    /// <summary>The smoothing of chrF++.py, NLTK and Moses instead of the effective order.</summary>
    public bool EpsSmoothing { get; init; }
}

/// <summary>A chrF score.</summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Name">`chrF2`, `chrF2++`: with β, and a plus for each order of words.</param>
/// <param name="Signature">How it was taken, as sacreBLEU writes it.</param>
public sealed record ChrfScore(double Score, string Name, string Signature)
{
    /// <summary>The line that sacreBLEU prints.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}|{Signature} = {Score:F2}");
}

/// <summary>chrF and chrF++ (Popović 2015, 2017) with the numbers of sacreBLEU 2.6.0. Immutable; any number of threads may use one.</summary>
public sealed class Chrf
{
    private const double Epsilon = 1e-16;

    private readonly ChrfOptions _options;

    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public Chrf(ChrfOptions? options = null)
    {
        _options = options ?? new();
        if (_options.CharOrder is < 1 or > 100) throw new OptionsException($"char_order is {_options.CharOrder}; allowed: 1 to 100.");
        if (_options.WordOrder is < 0 or > 100) throw new OptionsException($"word_order is {_options.WordOrder}; allowed: 0 to 100.");
        if (_options.Beta < 1) throw new OptionsException($"beta is {_options.Beta}; allowed: 1 or more.");
    }

    private int Orders => _options.CharOrder + _options.WordOrder;

    /// <summary>The score of a corpus: counts of all segments, each with its best reference.</summary>
    public ChrfScore Score(Translations translations) => Score(Statistics(translations), translations.ReferenceCount);

    /// <summary>The score of one sentence.</summary>
    public ChrfScore Sentence(string hypothesis, params IReadOnlyList<string> references) => Score(new Translations([hypothesis], [.. references.Select(r => (IReadOnlyList<string?>)[r])]));

    /// <summary>For each segment and order: n-grams of the hypothesis, of the best reference, and shared ones.</summary>
    internal long[][] Statistics(Translations translations) => translations.Each(() => new Worker(_options), (own, segment) =>
    {
        own.Begin(translations.Hypotheses[segment]);
        var (best, statistics) = (-1.0, Array.Empty<long>());
        foreach (var reference in translations.References(segment))
        {
            var one = own.Compare(reference);
            if (FScore(one) is var score && score > best) (best, statistics) = (score, one);
        }
        return statistics;
    });

    internal ChrfScore Score(IEnumerable<long[]> statistics, string referenceCount)
    {
        var sums = new long[3 * Orders];
        foreach (var one in statistics)
            for (var i = 0; i < sums.Length; i++) sums[i] += one[i];
        return new(FScore(sums), $"chrF{_options.Beta}{new string('+', _options.WordOrder)}",
            $"nrefs:{referenceCount}|case:{(_options.Lowercase ? "lc" : "mixed")}|eff:{(_options.EpsSmoothing ? "no" : "yes")}|nc:{_options.CharOrder}|nw:{_options.WordOrder}|space:{(_options.WhiteSpace ? "yes" : "no")}|version:2.6.0");
    }

    private double FScore(long[] statistics)
    {
        var factor = (double)_options.Beta * _options.Beta;
        var (smoothed, precisions, recalls, effective) = (0.0, 0.0, 0.0, 0);
        for (var order = 0; order < Orders; order++)
        {
            var (hypothesis, reference, shared) = (statistics[3 * order], statistics[3 * order + 1], statistics[3 * order + 2]);
            var precision = hypothesis > 0 ? (double)shared / hypothesis : Epsilon;
            var recall = reference > 0 ? (double)shared / reference : Epsilon;
            var sum = factor * precision + recall;
            smoothed += sum > 0 ? (1 + factor) * precision * recall / sum : Epsilon;
            if (hypothesis == 0 || reference == 0) continue;
            (precisions, recalls, effective) = (precisions + precision, recalls + recall, effective + 1);
        }
        if (_options.EpsSmoothing) return 100 * smoothed / Orders;
        if (effective == 0 || precisions + recalls == 0) return 0;
        (precisions, recalls) = (precisions / effective, recalls / effective);
        return 100 * ((1 + factor) * precisions * recalls / (factor * precisions + recalls));
    }

    private sealed class Worker(ChrfOptions options)
    {
        private readonly NgramMatcher _characters = new(options.CharOrder);
        private readonly NgramMatcher? _words = options.WordOrder > 0 ? new(options.WordOrder) : null;
        private readonly WordNumbers _numbers = new();

        public void Begin(string text)
        {
            if (options.Lowercase) text = MetricText.Lower(text);
            _characters.Begin(Characters(text));
            _words?.Begin(_numbers.Of(Words(text)));
        }

        public long[] Compare(string text)
        {
            if (options.Lowercase) text = MetricText.Lower(text);
            var statistics = new long[3 * (options.CharOrder + options.WordOrder)];
            _characters.Compare(Characters(text));
            Fill(statistics, _characters);
            if (_words is null) return statistics;
            _words.Compare(_numbers.Of(Words(text)));
            Fill(statistics.AsSpan(3 * options.CharOrder), _words);
            return statistics;
        }

        // N-grams of an order that the reference has none of do not count for the hypothesis.
        private static void Fill(Span<long> statistics, NgramMatcher matcher)
        {
            for (var order = 0; order < matcher.Shared.Length; order++)
            {
                statistics[3 * order] = matcher.Reference[order] > 0 ? matcher.Hypothesis[order] : 0;
                statistics[3 * order + 1] = matcher.Reference[order];
                statistics[3 * order + 2] = matcher.Shared[order];
            }
        }

        private int[] Characters(string text)
        {
            var characters = new int[text.Length];
            var count = 0;
            for (var at = 0; at < text.Length;)
            {
                var c = CodePoints.At(text, at, out at);
                if (options.WhiteSpace || c > 0xffff || !MetricText.IsSpace((char)c)) characters[count++] = c;
            }
            return characters[..count];
        }

        // Words, with an ASCII mark at the end of one apart, else one at its beginning.
        private static List<string> Words(string text)
        {
            var words = new List<string>();
            foreach (var word in MetricText.Words(text))
            {
                var single = word.Length == 1 || (word.Length == 2 && char.IsSurrogatePair(word, 0));
                if (single) words.Add(word);
                else if (IsMark(word[^1])) words.AddRange([word[..^1], word[^1..]]);
                else if (IsMark(word[0])) words.AddRange([word[..1], word[1..]]);
                else words.Add(word);
            }
            return words;
        }

        private static bool IsMark(char c) => Ascii.IsValid(c) && (char.IsPunctuation(c) || char.IsSymbol(c));
    }
}
