namespace Loquat.Generation;

/// <summary>How the next token is chosen and when generation ends. Names are those of `generation_config.json`.</summary>
public sealed partial record SamplingOptions
{
    /// <summary>Divides the logits: below 1 is more certain, above 1 more varied; 0 takes the likeliest token always. 0 or more. Default: 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the so many likeliest tokens can be drawn. 0 or more; 0: all. Default: 0.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Only the likeliest tokens whose probabilities add up to this can be drawn, the one that crosses it included (Holtzman et al. 2020). Above 0, up
    /// to 1; 1: all. Default: 1.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this fraction as likely as the likeliest can be drawn (Nguyen et al. 2024). 0 to 1; 0: all. Default: 0.</summary>
    public double MinP { get; init; }

    /// <summary>
    /// Positive logits of tokens seen before, in the prompt or since, are divided by it, negative ones multiplied (Keskar et al. 2019, section 4.1). Above 0; 1: none.
    /// Default: 1.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>The same seed, prompt and model give the same text. Default: 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>The most tokens generated. 0 or more. Default: 256.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>The most tokens of prompt and continuation together. 1 or more; null: no such limit. Default: null.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Tokens that end the text and are not part of it, besides those of the model's configuration. Default: none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The text ends before the first of these that occurs in it. None may be empty. Default: none.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>The likeliest token, always.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>The same, with the likeliest token or hypothesis taken always.</summary>
    public SamplingOptions WithoutSampling() => this with { Temperature = 0, TopK = 0, TopP = 1, MinP = 0, TypicalP = 1, EpsilonCutoff = 0, EtaCutoff = 0, TopH = null };

    /// <summary>The same options.</summary>
    /// <exception cref="OptionsException">Values out of their range; the message names all of them.</exception>
    public SamplingOptions Validated()
    {
        var faults = new List<string>();
        void Check(bool valid, string name, object value, string allowed)
        {
            if (!valid) faults.Add($"{name} is {value}; allowed: {allowed}.");
        }
        Check(Temperature >= 0 && double.IsFinite(Temperature), "temperature", Temperature, "0 or more");
        Check(TopK >= 0, "top_k", TopK, "0 (all tokens) or more");
        Check(TopP is > 0 and <= 1, "top_p", TopP, "above 0, up to 1 (all tokens)");
        Check(MinP is >= 0 and <= 1, "min_p", MinP, "0 (all tokens) to 1");
        Check(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), "repetition_penalty", RepetitionPenalty, "above 0; 1 is none");
        Check(MaxNewTokens >= 0, "max_new_tokens", MaxNewTokens, "0 or more");
        Check(MaxLength is null or > 0, "max_length", MaxLength ?? 1, "1 or more");
        Check(!StopSequences.Any(string.IsNullOrEmpty), "stop", "an empty text", "texts of at least one character");
        CheckBeams(Check);
        CheckConstraints(Check);
        return faults.Count == 0 ? this : throw new OptionsException(string.Join(' ', faults));
    }
}
