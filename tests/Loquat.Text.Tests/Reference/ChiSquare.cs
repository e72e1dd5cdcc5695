namespace Loquat.Text.Tests.Reference;

/// <summary>Pearson's test of counts against probabilities.</summary>
internal static class ChiSquare
{
    /// <summary>Draws and compares; fails where the statistic is more than six standard deviations above its mean, or something impossible was drawn.</summary>
    public static void Compare(IReadOnlyDictionary<string, double> probabilities, int draws, Func<string> draw)
    {
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < draws; i++)
        {
            var drawn = draw();
            counts[drawn] = counts.GetValueOrDefault(drawn) + 1;
        }
        counts.Keys.Should().BeSubsetOf(probabilities.Keys);
        probabilities.Values.Sum().Should().BeApproximately(1, 1e-9);
        // What is expected less than ten times counts as one outcome.
        var (rareExpected, rareSeen, statistic, outcomes) = (0.0, 0, 0.0, 0);
        foreach (var (outcome, probability) in probabilities)
        {
            var (expected, seen) = (probability * draws, counts.GetValueOrDefault(outcome));
            if (expected < 10) (rareExpected, rareSeen) = (rareExpected + expected, rareSeen + seen);
            else (statistic, outcomes) = (statistic + (seen - expected) * (seen - expected) / expected, outcomes + 1);
        }
        if (rareExpected >= 10) (statistic, outcomes) = (statistic + (rareSeen - rareExpected) * (rareSeen - rareExpected) / rareExpected, outcomes + 1);
        var freedom = Math.Max(1, outcomes - 1);
        statistic.Should().BeLessThan(freedom + 6 * Math.Sqrt(2 * freedom), $"of {outcomes} outcomes in {draws} draws");
    }
}
