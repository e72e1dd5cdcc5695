namespace Loquat.Text.Metrics;

/// <summary>How varied texts are; words are cut at white space.</summary>
public sealed class Diversity
{
    private const int Window = 1000; // of the repetition rate

    private readonly IReadOnlyList<string> _texts;
    private readonly List<int[]> _words;

    public Diversity(IReadOnlyList<string> texts)
    {
        var numbers = new WordNumbers();
        (_texts, _words) = (texts, [.. texts.Select(t => numbers.Of(MetricText.Words(t)))]);
    }

    /// <summary>distinct-n (Li et al. 2016): different n-grams among all n-grams of all texts. 0 to 1.</summary>
    public double Distinct(int n) => Share([.. _words.SelectMany(w => Grams(w, n))]);

    /// <summary>The mean of the texts' own distinct-n.</summary>
    public double MeanDistinct(int n) => _words.Average(w => Share([.. Grams(w, n)]));

    /// <summary>seq-rep-n (Welleck et al. 2020): the mean of the texts' shares of n-grams that came before.</summary>
    public double SequenceRepetition(int n) => _words.Average(w => w.Length < n ? 0 : 1 - Share([.. Grams(w, n)]));

    /// <summary>rep-w: the mean of the texts' shares of words that are among the w before them.</summary>
    public double WordRepetition(int w) => _words.Average(words => words.Length == 0 ? 0 : Enumerable.Range(0, words.Length).Average(i => words.AsSpan(Math.Max(0, i - w)..i).Contains(words[i]) ? 1.0 : 0));

    /// <summary>The repetition rate (Cettolo et al. 2014) with its parts for n-grams of 1 to 4 words: the share of n-grams that occur more than once in a window of 1,000 words.</summary>
    public (double Rate, IReadOnlyList<double> Parts) RepetitionRate()
    {
        int[] all = [.. _words.SelectMany(w => w)];
        var windows = all.Chunk(Window).Where(w => w.Length == Window || all.Length < Window).ToList();
        var parts = Enumerable.Range(1, 4).Select(n =>
        {
            var counts = windows.SelectMany(w => Grams(w, n).CountBy(g => g)).ToList();
            return counts.Count == 0 ? 0 : (double)counts.Count(c => c.Value > 1) / counts.Count;
        }).ToList();
        return (Math.Pow(parts.Aggregate(1.0, (product, part) => product * part), 0.25), parts);
    }

    /// <summary>Self-BLEU (Zhu et al. 2018, Texygen): the mean BLEU of each text against all others, smoothed by NLTK's method 1. 0 to 1; lower is more varied.</summary>
    public double SelfBleu(int n)
    {
        var matcher = new NgramMatcher(n);
        return Enumerable.Range(0, _words.Count).Average(i =>
        {
            var words = _words[i];
            matcher.Begin(words);
            foreach (var (j, other) in _words.Index())
                if (j != i) matcher.Compare(other);
            if (matcher.SharedWithAny[0] == 0) return 0;
            var closest = _words.Where((_, j) => j != i).Select(w => w.Length).OrderBy(length => Math.Abs(length - words.Length)).ThenBy(length => length).First();
            var logs = Enumerable.Range(0, n).Sum(order => Math.Log((matcher.SharedWithAny[order] is > 0 and var shared ? shared : 0.1) / Math.Max(1, matcher.Hypothesis[order])));
            return (words.Length > closest ? 1 : Math.Exp(1 - (double)closest / words.Length)) * Math.Exp(logs / n);
        });
    }

    /// <summary>The same with sacreBLEU's sentence BLEU. 0 to 100.</summary>
    public double SelfSacreBleu()
    {
        var bleu = new Bleu(new() { EffectiveOrder = true });
        return Enumerable.Range(0, _texts.Count).Average(i => bleu.Sentence(_texts[i], [.. _texts.Where((_, j) => j != i)]).Score);
    }

    private static double Share(List<string> grams) => grams.Count == 0 ? 0 : (double)grams.Distinct(StringComparer.Ordinal).Count() / grams.Count;

    private static IEnumerable<string> Grams(int[] words, int n) => Enumerable.Range(0, Math.Max(0, words.Length - n + 1)).Select(i => string.Join(' ', words[i..(i + n)]));
}
