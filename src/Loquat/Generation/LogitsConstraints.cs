namespace Loquat.Generation;

/// <summary>
/// What is done to the logits of one position, whether a token is drawn, the likeliest taken or hypotheses followed: what must not come gets negative infinity. Each works in place
/// and as the reference implementation's processor of the same name.
/// </summary>
public static class LogitsConstraints
{
    /// <summary>Divides negative logits of the tokens in <paramref name="source"/> by the penalty and multiplies positive ones, once each: above 1 favors them.</summary>
    public static void EncoderRepetitionPenalty(Span<float> logits, ReadOnlySpan<int> source, double penalty) => LogitsProcessing.RepetitionPenalty(logits, source, 1 / penalty);

    /// <summary>Subtracts, for each token of <paramref name="written"/>, the presence penalty once and the frequency penalty each time that it comes.</summary>
    public static void PresenceAndFrequency(Span<float> logits, ReadOnlySpan<int> written, double presence, double frequency)
    {
        var counts = new Dictionary<int, int>();
        foreach (var id in written) counts[id] = counts.GetValueOrDefault(id) + 1;
        foreach (var (id, count) in counts) logits[id] -= (float)(presence + frequency * count);
    }

    /// <summary>Forbids the tokens that would make a sequence of <paramref name="size"/> tokens of <paramref name="text"/> come again after <paramref name="ids"/>.</summary>
    /// <param name="text">Where the sequences are that must not come: the ids themselves, or the text read.</param>
    /// <param name="size">1 or more.</param>
    public static void NoRepeatNgram(Span<float> logits, ReadOnlySpan<int> ids, ReadOnlySpan<int> text, int size)
    {
        if (ids.Length + 1 < size) return;
        var ending = ids[(ids.Length - size + 1)..];
        for (var at = 0; at + size <= text.Length; at++)
            if (text.Slice(at, size - 1).SequenceEqual(ending)) logits[text[at + size - 1]] = float.NegativeInfinity;
    }

    /// <summary>Adds to the last token of each sequence where <paramref name="ids"/> end with those before it.</summary>
    public static void SequenceBias(Span<float> logits, ReadOnlySpan<int> ids, IReadOnlyList<SequenceBias> biases)
    {
        foreach (var (sequence, bias) in biases)
            if (EndsWith(ids, sequence)) logits[sequence[^1]] += (float)bias;
    }

    /// <summary>Forbids the last token of each sequence where <paramref name="ids"/> end with those before it. An end token alone is never forbidden.</summary>
    public static void BadWords(Span<float> logits, ReadOnlySpan<int> ids, IReadOnlyList<IReadOnlyList<int>> words, IReadOnlyList<int> ends)
    {
        foreach (var word in words)
            if (!(word.Count == 1 && ends.Contains(word[0])) && EndsWith(ids, word)) logits[word[^1]] = float.NegativeInfinity;
    }

    /// <summary>Forbids tokens.</summary>
    public static void Suppress(Span<float> logits, IReadOnlyList<int> ids)
    {
        foreach (var id in ids)
            if (id < logits.Length) logits[id] = float.NegativeInfinity;
    }

    /// <summary>Forbids all tokens but these.</summary>
    public static void Force(Span<float> logits, IReadOnlyList<int> ids)
    {
        logits.Fill(float.NegativeInfinity);
        foreach (var id in ids) logits[id] = 0;
    }

    /// <summary>Makes the end likelier with each token written since the start: the logit of each end token grows by |logit| · (factor^tokens - 1).</summary>
    /// <param name="written">Tokens written so far.</param>
    public static void ExponentialDecay(Span<float> logits, int written, ExponentialDecay decay, IReadOnlyList<int> ends)
    {
        if (written <= decay.Start) return;
        foreach (var end in ends)
            if (end < logits.Length) logits[end] += (float)(Math.Abs(logits[end]) * (Math.Pow(decay.Factor, written - decay.Start) - 1));
    }

    /// <summary>
    /// DRY: where what was written last came before, the token that followed loses multiplier · base^(length of the match - allowed), from the allowed length on. Matches do not cross
    /// breakers.
    /// </summary>
    public static void DontRepeatYourself(Span<float> logits, ReadOnlySpan<int> ids, double multiplier, double factor, int allowed, IReadOnlyList<int> breakers)
    {
        var longest = new Dictionary<int, int>();
        for (var follower = 1; follower < ids.Length; follower++)
        {
            var length = 0;
            while (length < follower && ids[follower - 1 - length] == ids[ids.Length - 1 - length] && !breakers.Contains(ids[follower - 1 - length])) length++;
            longest[ids[follower]] = Math.Max(longest.GetValueOrDefault(ids[follower]), length);
        }
        foreach (var (id, length) in longest)
            if (length > 0 && length >= allowed && !breakers.Contains(id)) logits[id] -= (float)(multiplier * Math.Pow(factor, length - allowed));
    }

    private static bool EndsWith(ReadOnlySpan<int> ids, IReadOnlyList<int> sequence)
    {
        var before = sequence.Count - 1;
        if (before > ids.Length) return false;
        for (var i = 0; i < before; i++)
            if (ids[ids.Length - before + i] != sequence[i]) return false;
        return true;
    }
}
