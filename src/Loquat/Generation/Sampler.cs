namespace Loquat.Generation;

/// <summary>What a text is begun with and where it must end, for options that speak of lengths or of the text read.</summary>
/// <param name="Begun">Tokens that the text begins with and the model did not write: the prompt, or the decoder's start.</param>
/// <param name="MaxLength">The most tokens of the beginning and what is written together.</param>
/// <param name="Ends">Tokens that end the text.</param>
/// <param name="Source">The tokens that an encoder read; empty: there is none.</param>
internal sealed record TextBounds(int Begun, int MaxLength, IReadOnlyList<int> Ends, int[] Source);

/// <summary>
/// Draws tokens as <see cref="SamplingOptions"/> say, in the order of the reference implementation: what must or must not come, then temperature, top-h, top-k, top-p, min-p, typical-p,
/// epsilon, eta. One sampler per generated text; it holds the random state.
/// </summary>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly TextBounds? _bounds;
    private ulong _state;

    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public Sampler(SamplingOptions options) : this(options, null)
    {
    }

    internal Sampler(SamplingOptions options, TextBounds? bounds)
    {
        _options = options.Validated();
        _bounds = bounds;
        _state = options.Seed;
    }

    /// <summary>Changes the logits as the options say; what is left is what can be drawn.</summary>
    /// <param name="logits">(V), in place.</param>
    /// <param name="seen">The ids so far: prompt and generated.</param>
    public void Process(Span<float> logits, ReadOnlySpan<int> seen)
    {
        Constrain(logits, seen);
        if (_options.Temperature > 0) Truncate(logits);
    }

    /// <summary>What holds however a token is chosen.</summary>
    internal void Constrain(Span<float> logits, ReadOnlySpan<int> seen)
    {
        var bounds = _bounds ?? new(seen.Length, int.MaxValue, _options.EosTokenIds, []);
        var written = seen.Length - bounds.Begun;
        if (_options.SequenceBias.Count > 0) LogitsConstraints.SequenceBias(logits, seen, _options.SequenceBias);
        if (_options.EncoderRepetitionPenalty != 1) LogitsConstraints.EncoderRepetitionPenalty(logits, bounds.Source, _options.EncoderRepetitionPenalty);
        if (_options.RepetitionPenalty != 1) LogitsProcessing.RepetitionPenalty(logits, seen, _options.RepetitionPenalty);
        if (_options.PresencePenalty != 0 || _options.FrequencyPenalty != 0)
            LogitsConstraints.PresenceAndFrequency(logits, seen[bounds.Begun..], _options.PresencePenalty, _options.FrequencyPenalty);
        if (_options.NoRepeatNgramSize > 0) LogitsConstraints.NoRepeatNgram(logits, seen, seen, _options.NoRepeatNgramSize);
        if (_options.EncoderNoRepeatNgramSize > 0) LogitsConstraints.NoRepeatNgram(logits, seen, bounds.Source, _options.EncoderNoRepeatNgramSize);
        if (_options.BadWordsIds.Count > 0) LogitsConstraints.BadWords(logits, seen, _options.BadWordsIds, bounds.Ends);
        if (seen.Length < _options.MinLength || written < _options.MinNewTokens) LogitsConstraints.Suppress(logits, bounds.Ends);
        if (_options.ForcedBosTokenId is { } first && seen.Length == 1) LogitsConstraints.Force(logits, [first]);
        if (_options.ForcedEosTokenIds.Count > 0 && seen.Length == bounds.MaxLength - 1) LogitsConstraints.Force(logits, _options.ForcedEosTokenIds);
        if (_options.ExponentialDecayLengthPenalty is { } decay) LogitsConstraints.ExponentialDecay(logits, written, decay, bounds.Ends);
        if (_options.SuppressTokens.Count > 0) LogitsConstraints.Suppress(logits, _options.SuppressTokens);
        if (_options.BeginSuppressTokens.Count > 0 && written == (_options.ForcedBosTokenId is not null && bounds.Begun == 1 ? 1 : 0)) LogitsConstraints.Suppress(logits, _options.BeginSuppressTokens);
    }

    /// <summary>What makes a draw less certain, or leaves tokens out of it.</summary>
    internal void Truncate(Span<float> logits)
    {
        // Hypotheses of beams need more than one way to go on.
        var minimum = _options.NumBeams > 1 ? (_bounds?.Ends.Count ?? 0) + 1 : 1;
        if (_options.Temperature != 1) LogitsProcessing.Temperature(logits, _options.Temperature);
        if (_options.TopH is { } part) LogitsTruncation.TopH(logits, part);
        if (_options.TopK > 0) LogitsProcessing.TopK(logits, Math.Max(_options.TopK, minimum));
        if (_options.TopP < 1) LogitsProcessing.TopP(logits, _options.TopP, minimum);
        if (_options.MinP > 0) LogitsProcessing.MinP(logits, _options.MinP);
        if (_options.TypicalP < 1) LogitsTruncation.Typical(logits, _options.TypicalP, minimum);
        if (_options.EpsilonCutoff > 0) LogitsTruncation.Epsilon(logits, _options.EpsilonCutoff);
        if (_options.EtaCutoff > 0) LogitsTruncation.Eta(logits, _options.EtaCutoff);
    }

    /// <summary>The next token. The logits are used up.</summary>
    /// <param name="logits">(V), in place.</param>
    /// <param name="seen">The ids so far: prompt and generated.</param>
    public int Next(Span<float> logits, ReadOnlySpan<int> seen)
    {
        Process(logits, seen);
        return _options.Temperature == 0 ? LogitsProcessing.ArgMax(logits) : Draw(logits);
    }

    /// <summary>A token, or a hypothesis with one, by their probabilities.</summary>
    internal int Draw(ReadOnlySpan<float> logits) => Draw(logits, NextUniform());

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
