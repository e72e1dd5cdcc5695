namespace Loquat.Generation;

/// <summary>From a number of written tokens on, the end token's logit grows by |logit| · (factor^(tokens since) - 1).</summary>
/// <param name="Start">Tokens written before it begins. 0 or more.</param>
/// <param name="Factor">Above 1 makes the end likelier. Above 0.</param>
public sealed record ExponentialDecay(int Start, double Factor);

/// <summary>Added to the logit of the last token of a sequence, where those before it are what was written last.</summary>
/// <param name="Ids">At least one.</param>
/// <param name="Bias">Any finite number.</param>
public sealed record SequenceBias(IReadOnlyList<int> Ids, double Bias);

public sealed partial record SamplingOptions
{
    /// <summary>No sequence of so many tokens comes twice, prompt included. 0: any may. Default: 0.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>No sequence of so many tokens of the text read comes; of encoder-decoders. 0: any may. Default: 0.</summary>
    public int EncoderNoRepeatNgramSize { get; init; }

    /// <summary>Above 1 makes tokens of the text read likelier; of encoder-decoders. Above 0. Default: 1.</summary>
    public double EncoderRepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from the logits of tokens that were written, prompt not counted. Default: 0.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted from the logits of tokens for each time that they were written, prompt not counted. Default: 0.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>No end before prompt and text have so many tokens. 0 or more. Default: 0.</summary>
    public int MinLength { get; init; }

    /// <summary>No end before so many tokens are written. 0 or more. Default: 0.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Sequences of tokens that never come. Default: none.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWordsIds { get; init; } = [];

    /// <summary>Tokens that never come. Default: none.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Tokens that do not come first. Default: none.</summary>
    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>The first token written after a start of one token, such as a language; null: none.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>What the text ends with where it reaches its greatest length. Default: nothing.</summary>
    public IReadOnlyList<int> ForcedEosTokenIds { get; init; } = [];

    /// <summary>Default: none.</summary>
    public IReadOnlyList<SequenceBias> SequenceBias { get; init; } = [];

    /// <summary>Default: none.</summary>
    public ExponentialDecay? ExponentialDecayLengthPenalty { get; init; }

    /// <summary>Only tokens of typical surprise, whose probabilities reach this mass, can be drawn (Meister et al. 2023). Above 0, up to 1; 1: all. Default: 1.</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Only tokens of at least this probability can be drawn (Hewitt et al. 2022). 0 up to 1; 0: all. Default: 0.</summary>
    public double EpsilonCutoff { get; init; }

    /// <summary>As <see cref="EpsilonCutoff"/>, less where the model is uncertain (Hewitt et al. 2022). Default: 0.</summary>
    public double EtaCutoff { get; init; }

    /// <summary>Only the likeliest tokens whose share of the entropy stays within this part of it can be drawn (Potraghloo et al. 2025). 0 to 1; null: all. Default: null.</summary>
    public double? TopH { get; init; }

    private void CheckConstraints(Action<bool, string, object, string> check)
    {
        check(NoRepeatNgramSize >= 0, "no_repeat_ngram_size", NoRepeatNgramSize, "0 (any may come again) or more");
        check(EncoderNoRepeatNgramSize >= 0, "encoder_no_repeat_ngram_size", EncoderNoRepeatNgramSize, "0 (any may come) or more");
        check(EncoderRepetitionPenalty > 0 && double.IsFinite(EncoderRepetitionPenalty), "encoder_repetition_penalty", EncoderRepetitionPenalty, "above 0; 1 is none");
        check(double.IsFinite(PresencePenalty), "presence_penalty", PresencePenalty, "any finite number");
        check(double.IsFinite(FrequencyPenalty), "frequency_penalty", FrequencyPenalty, "any finite number");
        check(MinLength >= 0, "min_length", MinLength, "0 or more");
        check(MinNewTokens >= 0, "min_new_tokens", MinNewTokens, "0 or more");
        check(!BadWordsIds.Any(word => word.Count == 0), "bad_words_ids", "an empty sequence", "sequences of at least one token");
        check(!SequenceBias.Any(bias => bias.Ids.Count == 0 || !double.IsFinite(bias.Bias)), "sequence_bias", "an empty sequence, or no finite number", "sequences of at least one token with a finite number each");
        check(ExponentialDecayLengthPenalty is null or { Start: >= 0, Factor: > 0 }, "exponential_decay_length_penalty", ExponentialDecayLengthPenalty!, "a start from 0 and a factor above 0");
        check(TypicalP is > 0 and <= 1, "typical_p", TypicalP, "above 0, up to 1 (all tokens)");
        check(EpsilonCutoff is >= 0 and < 1, "epsilon_cutoff", EpsilonCutoff, "0 (all tokens) up to 1");
        check(EtaCutoff is >= 0 and < 1, "eta_cutoff", EtaCutoff, "0 (all tokens) up to 1");
        check(TopH is null or (> 0 and <= 1), "top_h", TopH ?? 0, "above 0, up to 1");
    }
}
