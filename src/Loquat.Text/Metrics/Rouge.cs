namespace Loquat.Text.Metrics;

/// <summary>Options of <see cref="Rouge"/>.</summary>
public sealed record RougeOptions
{
    /// <summary>Whether words of more than three characters are stemmed. Default: false.</summary>
    public bool UseStemmer { get; init; }

    /// <summary>The longest n-gram that is scored. Default: 2.</summary>
    public int MaxOrder { get; init; } = 2;
}

/// <summary>Precision, recall and their harmonic mean. 0 to 1.</summary>
public readonly record struct PrecisionRecall(double Precision, double Recall, double F)
{
    /// <summary>From what is right among what was given and among what there is.</summary>
    internal static PrecisionRecall Of(double right, double given, double there)
    {
        var (precision, recall) = (right / Math.Max(given, 1), right / Math.Max(there, 1));
        return new(precision, recall, precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0);
    }
}

/// <summary>The ROUGE scores of a prediction.</summary>
/// <param name="N">By order: ROUGE-1, ROUGE-2, …</param>
/// <param name="L">By the longest common subsequence of all words.</param>
/// <param name="LSum">The same sentence by sentence, a line each, as summaries are scored.</param>
public sealed record RougeScores(IReadOnlyList<PrecisionRecall> N, PrecisionRecall L, PrecisionRecall LSum)
{
    /// <summary>Names and scores: `rouge1`, `rouge2`, …, `rougeL`, `rougeLsum`.</summary>
    public IEnumerable<(string Name, PrecisionRecall Score)> All => [.. N.Select((score, i) => ($"rouge{i + 1}", score)), ("rougeL", L), ("rougeLsum", LSum)];

    internal static RougeScores Map(IReadOnlyList<RougeScores> scores, Func<IReadOnlyList<PrecisionRecall>, PrecisionRecall> map) => new(
        [.. Enumerable.Range(0, scores[0].N.Count).Select(i => map([.. scores.Select(s => s.N[i])]))], map([.. scores.Select(s => s.L)]), map([.. scores.Select(s => s.LSum)]));
}

/// <summary>ROUGE (Lin 2004) with the numbers of rouge_score 0.1.2: words are runs of `a` to `z` and digits in lower case. Immutable; any number of threads may use one.</summary>
public sealed class Rouge
{
    private readonly RougeOptions _options;

    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public Rouge(RougeOptions? options = null)
    {
        _options = options ?? new();
        if (_options.MaxOrder is < 1 or > 9) throw new OptionsException($"max_order is {_options.MaxOrder}; allowed: 1 to 9.");
    }

    /// <summary>Each prediction's scores; of several references, for each measure the one with the best F.</summary>
    public RougeScores[] Score(Translations translations) => translations.Each(() => new Worker(_options), (own, i) => own.Score(translations.Hypotheses[i], translations.References(i)));

    /// <summary>The scores of one prediction.</summary>
    public RougeScores Sentence(string prediction, params IReadOnlyList<string> targets) => new Worker(_options).Score(prediction, targets);

    /// <summary>The mean of scores.</summary>
    public static RougeScores Mean(IReadOnlyList<RougeScores> scores) =>
        RougeScores.Map(scores, all => new(all.Average(s => s.Precision), all.Average(s => s.Recall), all.Average(s => s.F)));

    private sealed class Worker(RougeOptions options)
    {
        private readonly WordNumbers _numbers = new();
        private readonly NgramMatcher _matcher = new(options.MaxOrder);
        private readonly Dictionary<string, string> _stems = new(StringComparer.Ordinal);

        public RougeScores Score(string prediction, IReadOnlyList<string> targets) => RougeScores.Map([.. targets.Select(target => One(target, prediction))], all => all.MaxBy(s => s.F));

        private RougeScores One(string target, string prediction)
        {
            var targets = Lines(target);
            var predictions = Lines(prediction);
            int[] there = [.. targets.SelectMany(l => l)], given = [.. predictions.SelectMany(l => l)];
            _matcher.Begin(given);
            _matcher.Compare(there);
            var n = Enumerable.Range(0, options.MaxOrder).Select(i => PrecisionRecall.Of(_matcher.Shared[i], _matcher.Hypothesis[i], _matcher.Reference[i])).ToArray();
            return new(n, PrecisionRecall.Of(CommonSubsequence.Length(there, given), given.Length, there.Length), PrecisionRecall.Of(Hits(targets, predictions), given.Length, there.Length));
        }

        // For each sentence of the target the words that are in a longest common subsequence with any sentence of the prediction; none more often than either text has it.
        private static int Hits(List<int[]> targets, List<int[]> predictions)
        {
            var left = new Dictionary<int, (int There, int Given)>();
            foreach (var word in targets.SelectMany(l => l)) left[word] = (left.GetValueOrDefault(word).There + 1, 0);
            foreach (var word in predictions.SelectMany(l => l))
                if (left.TryGetValue(word, out var counts)) left[word] = (counts.There, counts.Given + 1);
            var hits = 0;
            foreach (var target in targets)
            {
                var found = new bool[target.Length];
                foreach (var prediction in predictions) CommonSubsequence.Mark(target, prediction, found);
                for (var i = 0; i < target.Length; i++)
                {
                    if (!found[i] || left[target[i]] is not { There: > 0, Given: > 0 } counts) continue;
                    hits++;
                    left[target[i]] = (counts.There - 1, counts.Given - 1);
                }
            }
            return hits;
        }

        private List<int[]> Lines(string text)
        {
            var lower = MetricText.Lower(text);
            var lines = new List<int[]>();
            foreach (var range in lower.AsSpan().Split('\n')) lines.Add(_numbers.Of(Words(lower.AsSpan()[range])));
            return lines;
        }

        private List<string> Words(ReadOnlySpan<char> line)
        {
            var words = new List<string>();
            for (int start = 0, end; start < line.Length; start = end)
            {
                while (start < line.Length && !IsWord(line[start])) start++;
                end = start;
                while (end < line.Length && IsWord(line[end])) end++;
                if (end > start) words.Add(options.UseStemmer && end - start > 3 ? Stem(line[start..end].ToString()) : line[start..end].ToString());
            }
            return words;
        }

        private string Stem(string word)
        {
            if (!_stems.TryGetValue(word, out var stem)) _stems[word] = stem = PorterStemmer.Stem(word);
            return stem;
        }

        private static bool IsWord(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
    }
}
