namespace Loquat.Text.Metrics;

/// <summary>What was right, what was given and what there was.</summary>
internal readonly record struct HitCounts(double Right, double Given, double There)
{
    public static HitCounts operator +(HitCounts a, HitCounts b) => new(a.Right + b.Right, a.Given + b.Given, a.There + b.There);

    public ClassScore Score(ZeroDivision zero, double beta = 1)
    {
        var other = zero switch { ZeroDivision.Zero => 0, ZeroDivision.One => 1, _ => double.NaN };
        var squared = beta * beta;
        var sum = squared * There + Given;
        return new(Given > 0 ? Right / Given : other, There > 0 ? Right / There : other, sum > 0 ? (1 + squared) * Right / sum : other, There);
    }

    /// <summary>The mean of scores, NaN left out.</summary>
    public static ClassScore Mean(IReadOnlyList<ClassScore> scores, bool weighted)
    {
        return new(Of(s => s.Precision), Of(s => s.Recall), Of(s => s.F), scores.Sum(s => s.Support));

        double Of(Func<ClassScore, double> value)
        {
            var numbers = scores.Where(s => !double.IsNaN(value(s))).ToList();
            if (numbers.Count == 0) return double.NaN;
            var all = numbers.Sum(s => s.Support);
            return weighted && all > 0 ? numbers.Sum(s => value(s) * s.Support) / all : numbers.Average(value);
        }
    }
}
