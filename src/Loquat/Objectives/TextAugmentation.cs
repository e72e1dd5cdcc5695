namespace Loquat.Objectives;

/// <summary>
/// Text that is changed at random each time it is read: neighbours change places, tokens are left out (Wei and Zou 2019, "EDA", section 2), tokens are hidden (word dropout, Bowman et al. 2016, section
/// 3.1). In this order. What comes of a sequence depends on its tokens, the seed and its place in the run alone.
/// </summary>
public sealed record TextAugmentation
{
    // A sequence that would lose more keeps all.
    private const int Fewest = 2;

    /// <summary>Probability of each token to be shown as <see cref="Mask"/>. 0 to 1.</summary>
    public double Masking { get; init; }

    /// <summary>Probability of each token to be left out. 0 to below 1; of a sequence that would have fewer than two tokens nothing is left out.</summary>
    public double Deletion { get; init; }

    /// <summary>Probability of each token to change places with the next. 0 to 1; a token moves by one place at most.</summary>
    public double Swapping { get; init; }

    /// <summary>The token that hides another; null: none is hidden.</summary>
    public int? Mask { get; init; }

    /// <summary>Tokens that stay as they are and where they are: special ones.</summary>
    public IReadOnlySet<int> Kept { get; init; } = new HashSet<int>();

    /// <summary>The sequence as it is read this time.</summary>
    /// <param name="tokens">What it is made of.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="place">The number of the sequence since the start of the run.</param>
    /// <returns>As many tokens, or fewer.</returns>
    public long[] Apply(ReadOnlySpan<long> tokens, ulong seed, long place)
    {
        var (places, hidden) = Draw(tokens, seed, place);
        var changed = new long[places.Length];
        for (var i = 0; i < changed.Length; i++) changed[i] = hidden[i] ? Mask!.Value : tokens[places[i]];
        return changed;
    }

    /// <summary>Where the tokens that remain stood, in their new order, and which of them are hidden.</summary>
    internal (int[] Places, bool[] Hidden) Draw(ReadOnlySpan<long> tokens, ulong seed, long place)
    {
        var random = new SequenceRandom(seed ^ 0xA06_3E47UL, place);
        var places = new int[tokens.Length];
        for (var i = 0; i < places.Length; i++) places[i] = i;
        for (var i = 0; Swapping > 0 && i + 1 < places.Length; i++)
        {
            if (random.NextDouble() >= Swapping || Stays(tokens[i]) || Stays(tokens[i + 1])) continue;
            (places[i], places[i + 1]) = (i + 1, i);
            i++;
        }
        if (Deletion > 0)
        {
            var left = new List<int>(places.Length);
            foreach (var at in places)
                if (random.NextDouble() >= Deletion || Stays(tokens[at])) left.Add(at);
            if (left.Count >= Fewest) places = [.. left];
        }
        var hidden = new bool[places.Length];
        for (var i = 0; Mask is not null && i < hidden.Length; i++) hidden[i] = random.NextDouble() < Masking && !Stays(tokens[places[i]]);
        return (places, hidden);
    }

    private bool Stays(long token) => Kept.Contains((int)token);
}
