namespace Loquat.Reporting;

/// <summary>Points of a line, no more than can be seen.</summary>
internal static class Curve
{
    /// <summary>Each point's median with its neighbors: what a value is like where single ones mislead, as the time of one step does.</summary>
    /// <param name="window">Points around each; 1 changes nothing.</param>
    public static IEnumerable<(double X, double Y)> Median(IReadOnlyList<(double X, double Y)> points, int window)
    {
        if (window <= 1) return points;
        return points.Select((point, at) =>
        {
            var (from, to) = (Math.Max(0, at - window / 2), Math.Min(points.Count, at + window / 2 + 1));
            var near = Enumerable.Range(from, to - from).Select(i => points[i].Y).Order().ToList();
            return (point.X, near[near.Count / 2]);
        });
    }

    /// <summary>Finite points only. Of many, each stretch gives its lowest and highest, so that no spike is lost.</summary>
    /// <param name="most">About how many are kept.</param>
    public static IReadOnlyList<(double X, double Y)> Thin(IEnumerable<(double X, double Y)> points, int most)
    {
        var all = points.Where(p => double.IsFinite(p.Y)).ToList();
        if (all.Count <= most) return all;
        var kept = new List<(double X, double Y)>(most + 2) { all[0] };
        var stretches = most / 2;
        for (var i = 0; i < stretches; i++)
        {
            var (from, to) = ((int)((long)i * all.Count / stretches), (int)((long)(i + 1) * all.Count / stretches));
            var (low, high) = (from, from);
            for (var at = from; at < to; at++)
            {
                if (all[at].Y < all[low].Y) low = at;
                if (all[at].Y > all[high].Y) high = at;
            }
            if (low != high) kept.Add(all[Math.Min(low, high)]);
            kept.Add(all[Math.Max(low, high)]);
        }
        if (kept[^1] != all[^1]) kept.Add(all[^1]);
        return kept;
    }
}
