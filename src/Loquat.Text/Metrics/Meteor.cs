namespace Loquat.Text.Metrics;

/// <summary>Options of <see cref="Meteor"/>; names and defaults are NLTK's.</summary>
public sealed record MeteorOptions
{
    /// <summary>How much recall weighs against precision, 0 to 1. Default: 0.9.</summary>
    public double Alpha { get; init; } = 0.9;

    /// <summary>The power of the share of chunks. Default: 3.</summary>
    public double Beta { get; init; } = 3;

    /// <summary>The most that scattered matches cost, 0 to 1. Default: 0.5.</summary>
    public double Gamma { get; init; } = 0.5;
}

/// <summary>
/// METEOR (Banerjee and Lavie 2005) by equal words and equal stems, as NLTK has it without WordNet: synonyms need that dictionary, which is not here.
/// </summary>
public sealed class Meteor(MeteorOptions? options = null)
{
    private readonly MeteorOptions _options = options ?? new();

    /// <summary>The score of a hypothesis, 0 to 1; of several references the best. Words are compared in lower case.</summary>
    public double Sentence(IReadOnlyList<string> hypothesis, params IReadOnlyList<IReadOnlyList<string>> references) => references.Max(reference => Score(hypothesis, reference));

    /// <summary>Which words of the hypothesis match which of the reference, in the order of the hypothesis, and into how many chunks of neighbors they fall.</summary>
    public static (IReadOnlyList<(int Hypothesis, int Reference)> Matches, int Chunks) Align(IReadOnlyList<string> hypothesis, IReadOnlyList<string> reference)
    {
        string[] mine = [.. hypothesis.Select(MetricText.Lower)], theirs = [.. reference.Select(MetricText.Lower)];
        var matches = new List<(int Hypothesis, int Reference)>();
        var (freeMine, freeTheirs) = (Enumerable.Range(0, mine.Length).ToList(), Enumerable.Range(0, theirs.Length).ToList());
        Match(mine, theirs);
        Match([.. mine.Select(PorterStemmer.Stem)], [.. theirs.Select(PorterStemmer.Stem)]);
        matches.Sort();
        var chunks = matches.Count == 0 ? 0 : 1;
        for (var i = 1; i < matches.Count; i++)
            if (matches[i].Hypothesis != matches[i - 1].Hypothesis + 1 || matches[i].Reference != matches[i - 1].Reference + 1) chunks++;
        return (matches, chunks);

        void Match(string[] a, string[] b)
        {
            for (var i = freeMine.Count - 1; i >= 0; i--)
            {
                var at = freeTheirs.FindLastIndex(j => b[j] == a[freeMine[i]]);
                if (at < 0) continue;
                matches.Add((freeMine[i], freeTheirs[at]));
                freeMine.RemoveAt(i);
                freeTheirs.RemoveAt(at);
            }
        }
    }

    private double Score(IReadOnlyList<string> hypothesis, IReadOnlyList<string> reference)
    {
        var (matches, chunks) = Align(hypothesis, reference);
        if (matches.Count == 0) return 0;
        var (precision, recall) = ((double)matches.Count / hypothesis.Count, (double)matches.Count / reference.Count);
        var mean = precision * recall / (_options.Alpha * precision + (1 - _options.Alpha) * recall);
        return (1 - _options.Gamma * Math.Pow((double)chunks / matches.Count, _options.Beta)) * mean;
    }
}
