namespace Loquat.Generation;

/// <summary>
/// Draws tokens as <see cref="SamplingOptions"/> say, in the order of the reference implementation: repetition penalty, temperature, top-k, top-p, min-p.
/// One sampler per generated text; it holds the random state.
/// </summary>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private ulong _state;

    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public Sampler(SamplingOptions options)
    {
        _options = options.Validated();
        _state = options.Seed;
    }

    /// <summary>Changes the logits as the options say; what is left is what can be drawn.</summary>
    /// <param name="logits">(V), in place.</param>
    /// <param name="seen">The ids so far: prompt and generated.</param>
    public void Process(Span<float> logits, ReadOnlySpan<int> seen)
    {
        if (_options.RepetitionPenalty != 1) LogitsProcessing.RepetitionPenalty(logits, seen, _options.RepetitionPenalty);
        if (_options.Temperature == 0) return;
        if (_options.Temperature != 1) LogitsProcessing.Temperature(logits, _options.Temperature);
        if (_options.TopK > 0) LogitsProcessing.TopK(logits, _options.TopK);
        if (_options.TopP < 1) LogitsProcessing.TopP(logits, _options.TopP);
        if (_options.MinP > 0) LogitsProcessing.MinP(logits, _options.MinP);
    }

    /// <summary>The next token. The logits are used up.</summary>
    /// <param name="logits">(V), in place.</param>
    /// <param name="seen">The ids so far: prompt and generated.</param>
    public int Next(Span<float> logits, ReadOnlySpan<int> seen)
    {
        Process(logits, seen);
        return _options.Temperature == 0 ? LogitsProcessing.ArgMax(logits) : Draw(logits, NextUniform());
    }

    /// <summary>The token at which the running sum of probabilities passes <paramref name="uniform"/>.</summary>
    private static int Draw(ReadOnlySpan<float> logits, double uniform)
    {
        var likeliest = LogitsProcessing.ArgMax(logits);
        var max = logits[likeliest];
        var left = uniform * LogitsProcessing.SumOfExponentials(logits, max);
        for (var id = 0; id < logits.Length; id++)
        {
            if (float.IsNegativeInfinity(logits[id])) continue;
            left -= Math.Exp(logits[id] - max);
            if (left < 0) return id;
        }
        return likeliest;   // rounding ate the last of the sum
    }

    /// <summary>SplitMix64 (Steele et al. 2014): 0 up to, not including, 1.</summary>
    private double NextUniform()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
