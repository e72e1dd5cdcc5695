namespace Loquat.Text.Metrics;

/// <summary>A system beside a baseline.</summary>
/// <param name="BaselineScore">Of all segments.</param>
/// <param name="Score">Of all segments.</param>
/// <param name="PValue">The probability that chance alone gives a difference as large.</param>
/// <param name="Mean">Of the system's score over the resamples; null where nothing is resampled.</param>
/// <param name="Interval">Half the width of the 95 % interval of the system's score; null where nothing is resampled.</param>
public sealed record SystemComparison(double BaselineScore, double Score, double PValue, double? Mean, double? Interval);

/// <summary>Whether two systems differ in a score of a whole corpus, as sacreBLEU tests it: by the paired bootstrap (Koehn 2004), or by approximate randomization (Riezler and Maxwell 2005).</summary>
public static class TranslationSignificance
{
    /// <summary>Draws the segments again, the same for both systems.</summary>
    /// <param name="samples">Resamples; sacreBLEU takes 1,000.</param>
    /// <exception cref="DataException">The systems have not as many segments.</exception>
    public static SystemComparison PairedBootstrap(Bleu metric, Translations baseline, Translations system, Random random, int samples = 1000) =>
        Bootstrap(metric.Statistics(baseline), metric.Statistics(system), s => metric.Score(s, "1").Score, Draws(baseline, system, random, samples));

    /// <inheritdoc cref="PairedBootstrap(Bleu, Translations, Translations, Random, int)"/>
    public static SystemComparison PairedBootstrap(Chrf metric, Translations baseline, Translations system, Random random, int samples = 1000) =>
        Bootstrap(metric.Statistics(baseline), metric.Statistics(system), s => metric.Score(s, "1").Score, Draws(baseline, system, random, samples));

    /// <inheritdoc cref="PairedBootstrap(Bleu, Translations, Translations, Random, int)"/>
    public static SystemComparison PairedBootstrap(Ter metric, Translations baseline, Translations system, Random random, int samples = 1000) =>
        Bootstrap(metric.Statistics(baseline), metric.Statistics(system), s => metric.Score(s, "1").Score, Draws(baseline, system, random, samples));

    /// <summary>Exchanges the two systems' outputs of segments by chance.</summary>
    /// <param name="samples">Arrangements; sacreBLEU takes 10,000.</param>
    /// <exception cref="DataException">The systems have not as many segments.</exception>
    public static SystemComparison ApproximateRandomization(Bleu metric, Translations baseline, Translations system, Random random, int samples = 10_000) =>
        Randomization(metric.Statistics(baseline), metric.Statistics(system), s => metric.Score(s, "1").Score, Exchanges(baseline, system, random, samples));

    /// <inheritdoc cref="ApproximateRandomization(Bleu, Translations, Translations, Random, int)"/>
    public static SystemComparison ApproximateRandomization(Chrf metric, Translations baseline, Translations system, Random random, int samples = 10_000) =>
        Randomization(metric.Statistics(baseline), metric.Statistics(system), s => metric.Score(s, "1").Score, Exchanges(baseline, system, random, samples));

    /// <inheritdoc cref="ApproximateRandomization(Bleu, Translations, Translations, Random, int)"/>
    public static SystemComparison ApproximateRandomization(Ter metric, Translations baseline, Translations system, Random random, int samples = 10_000) =>
        Randomization(metric.Statistics(baseline), metric.Statistics(system), s => metric.Score(s, "1").Score, Exchanges(baseline, system, random, samples));

    /// <param name="draws">Segments of each resample.</param>
    internal static SystemComparison Bootstrap<T>(T[][] baseline, T[][] system, Func<IEnumerable<T[]>, double> score, IEnumerable<IReadOnlyList<int>> draws)
    {
        var (scores, differences) = (new List<double>(), new List<double>());
        foreach (var draw in draws)
        {
            scores.Add(score(draw.Select(i => system[i])));
            differences.Add(Math.Abs(scores[^1] - score(draw.Select(i => baseline[i]))));
        }
        var (first, second, mean) = (score(baseline), score(system), differences.Average());
        var far = differences.Count(d => d - mean > Math.Abs(second - first));
        scores.Sort();
        var cut = scores.Count / 40;
        return new(first, second, (far + 1.0) / (scores.Count + 1), scores.Average(), (scores[scores.Count - cut - 1] - scores[cut]) / 2);
    }

    /// <param name="exchanges">Of each arrangement: true where a segment's outputs change places.</param>
    private static SystemComparison Randomization<T>(T[][] baseline, T[][] system, Func<IEnumerable<T[]>, double> score, IEnumerable<bool[]> exchanges)
    {
        var (first, second) = (score(baseline), score(system));
        var (far, all) = (0, 0);
        foreach (var exchange in exchanges)
        {
            all++;
            var difference = score(exchange.Select((swap, i) => swap ? baseline[i] : system[i])) - score(exchange.Select((swap, i) => swap ? system[i] : baseline[i]));
            if (Math.Abs(difference) > Math.Abs(second - first)) far++;
        }
        return new(first, second, (far + 1.0) / (all + 1), null, null);
    }

    private static IEnumerable<IReadOnlyList<int>> Draws(Translations baseline, Translations system, Random random, int samples) =>
        Repeated(baseline, system, samples, count => (IReadOnlyList<int>)Enumerable.Range(0, count).Select(_ => random.Next(count)).ToArray());

    private static IEnumerable<bool[]> Exchanges(Translations baseline, Translations system, Random random, int samples) =>
        Repeated(baseline, system, samples, count => Enumerable.Range(0, count).Select(_ => random.Next(2) == 0).ToArray());

    private static IEnumerable<T> Repeated<T>(Translations baseline, Translations system, int samples, Func<int, T> draw)
    {
        if (baseline.Count != system.Count || system.Count == 0) throw new DataException($"the baseline has {baseline.Count} segments and the system {system.Count}; both translate the same.");
        if (samples < 1) throw new OptionsException($"{samples} samples cannot be; give 1 or more.");
        return Enumerable.Range(0, samples).Select(_ => draw(system.Count));
    }
}
