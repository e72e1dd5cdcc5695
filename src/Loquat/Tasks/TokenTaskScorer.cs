using Loquat.Evaluation;

namespace Loquat.Tasks;

/// <summary>Texts scored by their tokens.</summary>
internal sealed class TokenTaskScorer : ITaskScorer
{
    private readonly ILikelihoodScorer _scorer;
    private readonly int[][] _units;

    /// <param name="documents">The requests of each document, one a pair.</param>
    public TokenTaskScorer(IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents, Func<IReadOnlyList<IReadOnlyList<LikelihoodRequest>>, ILikelihoodScorer> scorer)
    {
        if (documents.Index().FirstOrDefault(d => d.Item.Any(r => r.Continuation.Count == 0)) is { Item: not null } empty)
            throw new OptionsException($"record {empty.Index + 1}: a text to score is empty. Leave the record out ('where'), or mend the task's templates.");
        _scorer = scorer(documents);
        _units = [.. Enumerable.Range(0, documents.Count).Select(i => (int[])[i])];
        Order = _scorer.Order;
    }

    private TokenTaskScorer(ILikelihoodScorer scorer, int[][] units) => (_scorer, _units, Order) = (scorer, units, [.. Enumerable.Range(0, units.Length)]);

    /// <summary>Texts of any length in windows. Windows of one text have nothing in common and are read one by one.</summary>
    public static TokenTaskScorer OfWindows(IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents, Func<IReadOnlyList<IReadOnlyList<LikelihoodRequest>>, ILikelihoodScorer> scorer)
    {
        var starts = documents.Aggregate(new List<int> { 0 }, (all, d) => [.. all, all[^1] + d.Count]);
        return new(scorer([.. documents.SelectMany(d => d.Select(r => (IReadOnlyList<LikelihoodRequest>)[r]))]), [.. documents.Select((d, i) => Enumerable.Range(starts[i], d.Count).ToArray())]) { Whole = true };
    }

    /// <summary>Whether the scores of a document are one text's.</summary>
    private bool Whole { get; init; }

    public IReadOnlyList<int> Order { get; }

    public IReadOnlyList<TextScore> Score(int document, CancellationToken cancellation)
    {
        var scores = new List<LikelihoodScore>();
        foreach (var unit in _units[document])
        {
            cancellation.ThrowIfCancellationRequested();
            scores.AddRange(_scorer.Score(unit));
        }
        return Whole
            ? [new(scores.Sum(s => s.LogProbability), scores.Sum(s => s.Tokens.Count), scores.All(s => s.IsGreedy))]
            : [.. scores.Select(s => new TextScore(s.LogProbability, s.Tokens.Count, s.IsGreedy))];
    }

    public void Dispose() => _scorer.Dispose();
}
