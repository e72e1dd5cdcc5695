namespace Loquat.Evaluation;

/// <summary>Losses summed row by row in float64, so that the result does not depend on the batch size, and the interval that the spread between rows gives.</summary>
internal sealed class RowSums(int rows)
{
    /// <summary>The normal distribution's 97.5th percentile.</summary>
    private const double Z = 1.959964;

    private readonly double[] _losses = new double[rows];
    private readonly long[] _tokens = new long[rows];

    /// <summary>Evenly spread rows of a text.</summary>
    /// <param name="most">Null: all.</param>
    /// <param name="batchSize">Rows to be scored at once.</param>
    /// <exception cref="OptionsException">A number of rows is not positive.</exception>
    public static long[] Choose(long rows, int? most, int batchSize)
    {
        if (batchSize < 1) throw new OptionsException($"{batchSize} rows cannot be scored at once; it needs 1 or more.");
        if (most < 1) throw new OptionsException($"{most} rows cannot be scored; give 1 or more, or none for all.");
        var count = (int)Math.Min(rows, most ?? int.MaxValue);
        return [.. Enumerable.Range(0, count).Select(i => i * rows / count)];
    }

    /// <param name="first">The first row of the batch.</param>
    /// <param name="labels">Negative where a loss does not count.</param>
    public void Add(int first, int count, ReadOnlySpan<double> losses, ReadOnlySpan<long> labels)
    {
        var length = labels.Length / count;
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0) continue;
            _losses[first + i / length] += losses[i];
            _tokens[first + i / length]++;
        }
    }

    /// <param name="bytesPerToken">UTF-8 bytes of the text for each token that counts; 0 where its labels are not the text.</param>
    public EvaluationResult ToResult(double bytesPerToken = 0, double? trueBitsPerByte = null)
    {
        var total = _tokens.Sum();
        var loss = _losses.Sum() / Math.Max(1, total);
        // A ratio of two sums over rows: its variance by linearization (Cochran 1977, section 6.4).
        var squares = _losses.Select((nll, i) => nll - loss * _tokens[i]).Sum(residual => residual * residual);
        var n = _losses.Length;
        var deviation = n > 1 ? Math.Sqrt(squares * n / (n - 1.0)) / total : double.NaN;
        return new EvaluationResult { Loss = loss, LossInterval = Z * deviation, Tokens = total, Bytes = (long)Math.Round(bytesPerToken * total), TrueBitsPerByte = trueBitsPerByte };
    }
}
