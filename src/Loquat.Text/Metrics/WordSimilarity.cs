namespace Loquat.Text.Metrics;

/// <summary>Two words, how alike people find them, and the cosine of their vectors.</summary>
public sealed record SimilarPair(string First, string Second, double Human, double Cosine);

/// <summary>How the cosines of word vectors go with what people say, as SimLex-999 (Hill et al. 2015) asks.</summary>
/// <param name="Total">Pairs in the file.</param>
/// <param name="Pairs">Those whose words both have vectors.</param>
public sealed record WordSimilarity(int Total, IReadOnlyList<SimilarPair> Pairs)
{
    /// <summary>ρ of the cosines and the human means; NaN of fewer than two pairs.</summary>
    public CorrelationResult Spearman => Enough ? Correlation.Spearman(Cosines, Human) : new(double.NaN, double.NaN);

    /// <summary>r of the same.</summary>
    public CorrelationResult Pearson => Enough ? Correlation.Pearson(Cosines, Human) : new(double.NaN, double.NaN);

    private bool Enough => Pairs.Count > 1;

    private List<double> Cosines => [.. Pairs.Select(pair => pair.Cosine)];

    private List<double> Human => [.. Pairs.Select(pair => pair.Human)];

    /// <param name="lines">Two words and a number a line, at blanks or tabs; what begins with # is passed over.</param>
    /// <param name="name">Of the file, for what is said of faults.</param>
    /// <exception cref="DataException">A line is something else.</exception>
    public static WordSimilarity Score(WordVectors vectors, IEnumerable<string> lines, string name = "pairs")
    {
        var (total, line, pairs) = (0, 0, new List<SimilarPair>());
        foreach (var text in lines)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text) || text.StartsWith('#')) continue;
            var parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 3 || !NumberText.TryParse<double>(parts[2], out var human)) throw new DataException($"{name}, line {line}: '{text}'; two words and a number are expected, as 'old new 1.58'.");
            total++;
            if (vectors.TryGet(parts[0], out var first) && vectors.TryGet(parts[1], out var second)) pairs.Add(new(parts[0], parts[1], human, Weat.Cosine(first, second)));
        }
        return new(total, pairs);
    }
}
