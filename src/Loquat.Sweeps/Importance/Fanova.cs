using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Importance;

/// <summary>How much of the differences between trials a parameter explains by itself.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Share">Of the variance of the loss over the space, from 0 to 1; what is missing to 1 in all comes of parameters together.</param>
public sealed record ParameterImportance(string Name, double Share);

/// <summary>
/// Functional analysis of variance: a forest of regression trees learns the loss over the whole space, and the variance of each parameter's marginal is exact for each tree
/// (Hutter, Hoos and Leyton-Brown 2014, algorithm 2). A parameter that is not always there counts as one more value in the share of the trials that are without it.
/// </summary>
public static class Fanova
{
    /// <summary>Fewer say nothing.</summary>
    public const int LeastTrials = 8;

    private const int Trees = 64;

    /// <param name="trials">Configurations and their losses; those that are no finite numbers are left out.</param>
    /// <returns>The most important first; empty where there are fewer trials than <see cref="LeastTrials"/>, or all do as well.</returns>
    public static IReadOnlyList<ParameterImportance> Of(SearchSpace space, IEnumerable<(Configuration Configuration, double Loss)> trials, ulong seed = 0)
    {
        var told = trials.Where(t => double.IsFinite(t.Loss)).ToList();
        if (told.Count < LeastTrials) return [];
        var points = told.Select(t => space.PointOf(t.Configuration).Select(x => double.IsNaN(x) ? RegressionTree.Absent : x).ToArray()).ToArray();
        var losses = Bounded([.. told.Select(t => t.Loss)]);
        double[] absent = [.. Enumerable.Range(0, space.Parameters.Count).Select(p => (double)points.Count(point => point[p] < 0) / points.Length)];
        var shares = new double[absent.Length];
        var counted = 0;
        for (var tree = 0; tree < Trees; tree++)
        {
            var random = new UnitRandom(seed, tree);
            int[] drawn = [.. Enumerable.Range(0, losses.Length).Select(_ => random.Next(losses.Length))];
            if (RegressionTree.Grow(points, losses, drawn, random).Shares(absent) is not { } own) continue;
            counted++;
            for (var p = 0; p < shares.Length; p++) shares[p] += own[p];
        }
        return counted == 0 ? [] : [.. space.Parameters.Select((p, i) => new ParameterImportance(p.Name, shares[i] / counted)).OrderByDescending(i => i.Share)];
    }

    // A few trials that went astray would explain all there is; what is worse than most is as bad as those.
    private static double[] Bounded(double[] losses)
    {
        var sorted = losses.Order().ToArray();
        var (low, upper) = (sorted[0], sorted[3 * sorted.Length / 4]);
        return [.. losses.Select(loss => Math.Min(loss, upper + 3 * (upper - low)))];
    }
}
