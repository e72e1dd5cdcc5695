using System.Text.Json.Nodes;
using Loquat.Models;

namespace Loquat.Generation;

/// <summary>The keys of `generation_config.json` that speak of beams and of what must or must not come.</summary>
internal static class GenerationFields
{
    /// <summary>What a file says of them, over <paramref name="options"/>.</summary>
    public static SamplingOptions Read(ConfigReader fields, SamplingOptions options) => options with
    {
        NumBeams = fields.Integer("num_beams", options.NumBeams),
        LengthPenalty = fields.Number("length_penalty", options.LengthPenalty),
        EarlyStopping = ReadStopping(fields) ?? options.EarlyStopping,
        NumReturnSequences = fields.Integer("num_return_sequences", options.NumReturnSequences),
        NoRepeatNgramSize = fields.Integer("no_repeat_ngram_size", options.NoRepeatNgramSize, min: 0),
        EncoderNoRepeatNgramSize = fields.Integer("encoder_no_repeat_ngram_size", options.EncoderNoRepeatNgramSize, min: 0),
        EncoderRepetitionPenalty = fields.Positive("encoder_repetition_penalty", options.EncoderRepetitionPenalty),
        MinLength = fields.Integer("min_length", options.MinLength, min: 0),
        MinNewTokens = fields.Integer("min_new_tokens", options.MinNewTokens, min: 0),
        BadWordsIds = fields.IdSequences("bad_words_ids") ?? options.BadWordsIds,
        SuppressTokens = fields.Ids("suppress_tokens") ?? options.SuppressTokens,
        BeginSuppressTokens = fields.Ids("begin_suppress_tokens") ?? options.BeginSuppressTokens,
        ForcedBosTokenId = fields.OptionalInteger("forced_bos_token_id", 0) ?? options.ForcedBosTokenId,
        ForcedEosTokenIds = fields.Ids("forced_eos_token_id") ?? options.ForcedEosTokenIds,
        SequenceBias = ReadBias(fields) ?? options.SequenceBias,
        ExponentialDecayLengthPenalty = ReadDecay(fields) ?? options.ExponentialDecayLengthPenalty,
    };

    /// <summary>Adds what differs from the default.</summary>
    public static void Write(JsonObject json, SamplingOptions options)
    {
        var plain = new SamplingOptions();
        void Put(string key, JsonNode? value, bool differs)
        {
            if (differs) json[key] = value;
        }
        Put("num_beams", options.NumBeams, options.NumBeams != plain.NumBeams);
        Put("length_penalty", options.LengthPenalty, options.LengthPenalty != plain.LengthPenalty);
        Put("early_stopping", options.EarlyStopping == EarlyStopping.Never ? "never" : true, options.EarlyStopping != plain.EarlyStopping);
        Put("num_return_sequences", options.NumReturnSequences, options.NumReturnSequences != plain.NumReturnSequences);
        Put("no_repeat_ngram_size", options.NoRepeatNgramSize, options.NoRepeatNgramSize != 0);
        Put("encoder_no_repeat_ngram_size", options.EncoderNoRepeatNgramSize, options.EncoderNoRepeatNgramSize != 0);
        Put("encoder_repetition_penalty", options.EncoderRepetitionPenalty, options.EncoderRepetitionPenalty != 1);
        Put("min_length", options.MinLength, options.MinLength != 0);
        Put("min_new_tokens", options.MinNewTokens, options.MinNewTokens != 0);
        Put("bad_words_ids", new JsonArray([.. options.BadWordsIds.Select(word => List(word))]), options.BadWordsIds.Count > 0);
        Put("suppress_tokens", List(options.SuppressTokens), options.SuppressTokens.Count > 0);
        Put("begin_suppress_tokens", List(options.BeginSuppressTokens), options.BeginSuppressTokens.Count > 0);
        Put("forced_bos_token_id", options.ForcedBosTokenId, options.ForcedBosTokenId is not null);
        Put("forced_eos_token_id", options.ForcedEosTokenIds is [var one] ? one : List(options.ForcedEosTokenIds), options.ForcedEosTokenIds.Count > 0);
        Put("sequence_bias", new JsonArray([.. options.SequenceBias.Select(bias => new JsonArray(List(bias.Ids), bias.Bias))]), options.SequenceBias.Count > 0);
        if (options.ExponentialDecayLengthPenalty is { } decay) json["exponential_decay_length_penalty"] = new JsonArray(decay.Start, decay.Factor);
        if (options.Temperature == 0) return;
        Put("typical_p", options.TypicalP, options.TypicalP != 1);
        Put("epsilon_cutoff", options.EpsilonCutoff, options.EpsilonCutoff != 0);
        Put("eta_cutoff", options.EtaCutoff, options.EtaCutoff != 0);
        Put("top_h", options.TopH, options.TopH is not null);
    }

    private static JsonArray List(IEnumerable<int> ids) => new([.. ids.Select(id => (JsonNode)id)]);

    private static EarlyStopping? ReadStopping(ConfigReader fields) => fields.Raw("early_stopping") switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var stops) => stops ? EarlyStopping.True : EarlyStopping.False,
        JsonValue value when value.TryGetValue<string>(out var text) && text == "never" => EarlyStopping.Never,
        _ => throw fields.Wrong("early_stopping", "true, false or \"never\""),
    };

    private static List<SequenceBias>? ReadBias(ConfigReader fields)
    {
        if (fields.Raw("sequence_bias") is not { } node) return null;
        var wrong = fields.Wrong("sequence_bias", "a list of pairs: a list of token ids, and a finite number");
        if (node is not JsonArray pairs) throw wrong;
        return [.. pairs.Select(pair => pair is JsonArray { Count: 2 } two && two[0] is JsonArray { Count: > 0 } ids && two[1] is JsonValue number && number.TryGetValue<double>(out var bias) && double.IsFinite(bias)
            ? new SequenceBias([.. ids.Select(id => id is JsonValue value && value.TryGetValue<int>(out var whole) && whole >= 0 ? whole : throw wrong)], bias)
            : throw wrong)];
    }

    private static ExponentialDecay? ReadDecay(ConfigReader fields) => fields.Raw("exponential_decay_length_penalty") switch
    {
        null => null,
        JsonArray { Count: 2 } pair when pair[0] is JsonValue first && first.TryGetValue<int>(out var start) && start >= 0 && pair[1] is JsonValue second
            && second.TryGetValue<double>(out var factor) && factor > 0 && double.IsFinite(factor) => new(start, factor),
        _ => throw fields.Wrong("exponential_decay_length_penalty", "a whole number from 0 and a number above 0"),
    };
}
