using System.Globalization;

namespace Loquat.Text.Metrics;

/// <summary>What BLEU does where an order of n-grams has no match; the names are sacreBLEU's (Chen and Cherry 2014).</summary>
public enum BleuSmoothing
{
    /// <summary>The k-th order without a match counts as half of that before: 1 / 2^k matches (NIST).</summary>
    Exp,

    /// <summary>A fixed number of matches. Default: 0.1.</summary>
    Floor,

    /// <summary>A number is added to matches and n-grams of all orders above 1. Default: 1.</summary>
    AddK,

    /// <summary>Nothing: the score is 0.</summary>
    None,
}

/// <summary>Options of <see cref="Bleu"/>; defaults are sacreBLEU's.</summary>
public sealed record BleuOptions
{
    public BleuTokenization Tokenization { get; init; } = BleuTokenization.V13a;

    public bool Lowercase { get; init; }

    public BleuSmoothing Smoothing { get; init; } = BleuSmoothing.Exp;

    /// <summary>For floor and add-k; null: their defaults.</summary>
    public double? SmoothValue { get; init; }

    /// <summary>The longest n-gram. Default: 4.</summary>
    public int MaxNgramOrder { get; init; } = 4;

    /// <summary>Whether orders that the hypothesis is too short for are left out: for scores of single sentences. Default: false.</summary>
    public bool EffectiveOrder { get; init; }
}

/// <summary>A BLEU score with all that it is made of.</summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Counts">Matches by order; with add-k, what was added is in them.</param>
/// <param name="Totals">N-grams of the hypotheses by order.</param>
/// <param name="Precisions">In percent, by order.</param>
/// <param name="BrevityPenalty">0 to 1.</param>
/// <param name="HypothesisLength">Tokens.</param>
/// <param name="ReferenceLength">Tokens of the references that are nearest in length.</param>
/// <param name="Signature">How it was taken, as sacreBLEU writes it.</param>
public sealed record BleuScore(
    double Score, IReadOnlyList<double> Counts, IReadOnlyList<double> Totals, IReadOnlyList<double> Precisions, double BrevityPenalty, int HypothesisLength, int ReferenceLength, string Signature)
{
    /// <summary>The line that sacreBLEU prints.</summary>
    public override string ToString()
    {
        var ratio = ReferenceLength == 0 ? 0 : (double)HypothesisLength / ReferenceLength;
        return string.Create(CultureInfo.InvariantCulture,
            $"BLEU|{Signature} = {Score:F2} {string.Join('/', Precisions.Select(p => p.ToString("F1", CultureInfo.InvariantCulture)))} (BP = {BrevityPenalty:F3} ratio = {ratio:F3} hyp_len = {HypothesisLength} ref_len = {ReferenceLength})");
    }
}

/// <summary>BLEU (Papineni et al. 2002) with the numbers of sacreBLEU 2.6.0 (Post 2018), signature included. Immutable; any number of threads may use one.</summary>
public sealed class Bleu
{
    private const string Version = "2.6.0"; // of the reference whose numbers these are

    private readonly BleuOptions _options;

    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public Bleu(BleuOptions? options = null)
    {
        _options = options ?? new();
        if (_options.MaxNgramOrder is < 1 or > 100) throw new OptionsException($"max_ngram_order is {_options.MaxNgramOrder}; allowed: 1 to 100.");
        if (_options.SmoothValue is { } value && !(double.IsFinite(value) && value >= 0)) throw new OptionsException($"smooth_value is {value}; allowed: 0 or more.");
    }

    /// <summary>The score of a corpus: counts of all segments together.</summary>
    public BleuScore Score(Translations translations) => Score(Statistics(translations), translations.ReferenceCount);

    /// <summary>The score of one sentence; see <see cref="BleuOptions.EffectiveOrder"/>.</summary>
    public BleuScore Sentence(string hypothesis, params IReadOnlyList<string> references) => Score(new Translations([hypothesis], [.. references.Select(r => (IReadOnlyList<string?>)[r])]));

    /// <summary>Counts of each segment; sums of them are counts of a corpus.</summary>
    internal long[][] Statistics(Translations translations) => translations.Each(() => (Words: new WordNumbers(), Matcher: new NgramMatcher(_options.MaxNgramOrder)), (own, segment) =>
    {
        var hypothesis = own.Words.Of(Tokens(translations.Hypotheses[segment]));
        own.Matcher.Begin(hypothesis);
        var closest = -1;
        foreach (var text in translations.References(segment))
        {
            var reference = own.Words.Of(Tokens(text));
            own.Matcher.Compare(reference);
            var (distance, best) = (Math.Abs(reference.Length - hypothesis.Length), Math.Abs(closest - hypothesis.Length));
            if (closest < 0 || distance < best || (distance == best && reference.Length < closest)) closest = reference.Length;
        }
        return (long[])[hypothesis.Length, closest, .. own.Matcher.SharedWithAny.Select(c => (long)c), .. own.Matcher.Hypothesis.Select(c => (long)c)];
    });

    internal BleuScore Score(IEnumerable<long[]> statistics, string referenceCount)
    {
        var order = _options.MaxNgramOrder;
        var sums = new long[2 + 2 * order];
        foreach (var one in statistics)
            for (var i = 0; i < sums.Length; i++) sums[i] += one[i];
        var counts = sums[2..(2 + order)].Select(c => (double)c).ToArray();
        var totals = sums[(2 + order)..].Select(c => (double)c).ToArray();
        var (length, reference) = ((int)sums[0], (int)sums[1]);
        var penalty = length >= reference ? 1 : length > 0 ? Math.Exp(1 - (double)reference / length) : 0;
        var precisions = new double[order];
        if (counts.All(c => c == 0)) return new(0, counts, totals, precisions, penalty, length, reference, Signature(referenceCount));
        var (effective, halved) = (order, 1.0);
        for (var n = 0; n < order; n++)
        {
            if (_options.Smoothing == BleuSmoothing.AddK && n > 0) (counts[n], totals[n]) = (counts[n] + SmoothValue, totals[n] + SmoothValue);
            if (totals[n] == 0) break;
            if (_options.EffectiveOrder) effective = n + 1;
            if (counts[n] > 0) precisions[n] = 100 * counts[n] / totals[n];
            else if (_options.Smoothing == BleuSmoothing.Exp) precisions[n] = 100 / ((halved *= 2) * totals[n]);
            else if (_options.Smoothing == BleuSmoothing.Floor) precisions[n] = 100 * SmoothValue / totals[n];
        }
        var score = precisions[..effective].Any(p => p == 0) ? 0 : penalty * Math.Exp(precisions[..effective].Sum(Math.Log) / effective);
        return new(score, counts, totals, precisions, penalty, length, reference, Signature(referenceCount));
    }

    private double SmoothValue => _options.SmoothValue ?? (_options.Smoothing == BleuSmoothing.Floor ? 0.1 : 1);

    private List<string> Tokens(string text) => BleuTokenizer.Tokenize(MetricText.TrimEnd(_options.Lowercase ? MetricText.Lower(text) : text).ToString(), _options.Tokenization);

    private string Signature(string references)
    {
        var smoothing = _options.Smoothing switch { BleuSmoothing.AddK => "add-k", var other => other.ToString().ToLowerInvariant() };
        if (_options.Smoothing is BleuSmoothing.Floor or BleuSmoothing.AddK) smoothing += string.Create(CultureInfo.InvariantCulture, $"[{SmoothValue:F2}]");
        return $"nrefs:{references}|case:{(_options.Lowercase ? "lc" : "mixed")}|eff:{(_options.EffectiveOrder ? "yes" : "no")}|tok:{BleuTokenizer.Name(_options.Tokenization)}|smooth:{smoothing}|version:{Version}";
    }
}
