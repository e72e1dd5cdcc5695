namespace Loquat.Text.Metrics;

/// <summary>Hypotheses with their references, segment by segment.</summary>
public sealed class Translations
{
    private readonly IReadOnlyList<IReadOnlyList<string>> _references;

    /// <param name="hypotheses">One a segment.</param>
    /// <param name="references">Lists of one reference a segment; null where a segment has none in that list, while an empty text is a reference of length 0.</param>
    /// <exception cref="DataException">The lists are not equally long, or a segment has no reference at all.</exception>
    public Translations(IReadOnlyList<string> hypotheses, params IReadOnlyList<IReadOnlyList<string?>> references)
    {
        if (references.Count == 0) throw new DataException("there are no references; give one list at least.");
        for (var list = 0; list < references.Count; list++)
            if (references[list].Count != hypotheses.Count)
                throw new DataException($"there are {hypotheses.Count} hypotheses and {references[list].Count} references in list {list + 1}; each hypothesis needs its own.");
        Hypotheses = hypotheses;
        _references = [.. Enumerable.Range(0, hypotheses.Count).Select(i => (IReadOnlyList<string>)[.. references.Select(list => list[i]).OfType<string>()])];
        if (_references.Index().FirstOrDefault(r => r.Item.Count == 0) is { Item: not null } none) throw new DataException($"segment {none.Index + 1} has no reference.");
    }

    public IReadOnlyList<string> Hypotheses { get; }

    public int Count => Hypotheses.Count;

    /// <summary>The references of a segment; one at least.</summary>
    public IReadOnlyList<string> References(int segment) => _references[segment];

    /// <summary>How many references the segments have, as signatures say it: a number, or `var`.</summary>
    internal string ReferenceCount => _references.Select(r => r.Count).Distinct().ToList() is [var same] ? $"{same}" : "var";

    /// <summary>Asks for each segment's statistics on all processors.</summary>
    /// <param name="worker">Makes what one thread needs.</param>
    internal T[] Each<TWorker, T>(Func<TWorker> worker, Func<TWorker, int, T> ask)
    {
        var results = new T[Count];
        if (Count < 64)
        {
            var own = worker();
            for (var i = 0; i < Count; i++) results[i] = ask(own, i);
            return results;
        }
        Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(0, Count, Math.Clamp(Count / (8 * Environment.ProcessorCount), 1, 512)), worker, (range, _, own) =>
        {
            for (var i = range.Item1; i < range.Item2; i++) results[i] = ask(own, i);
            return own;
        }, _ => { });
        return results;
    }
}
