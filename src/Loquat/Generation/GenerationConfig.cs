using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Models;

namespace Loquat.Generation;

/// <summary>
/// The sampling defaults that a model folder brings: `generation_config.json`, or the same keys of its `config.json` where older folders keep them. Begin and end tokens are
/// read with the model (<see cref="ModelFolder"/>).
/// </summary>
public static class GenerationConfig
{
    private static readonly string[] _sampling = ["do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_h"];

    /// <summary>
    /// The options of a folder. Where it names any way of choosing tokens, what it does not name is neutral; `do_sample: false` takes the likeliest token. Without
    /// such a key, the fallback's.
    /// </summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="fallback">What holds where the folder says nothing.</param>
    /// <returns>The options, and whether the folder named any.</returns>
    /// <exception cref="CheckpointException">A value is impossible, or asks for what Loquat does not do; the message names it.</exception>
    public static (SamplingOptions Options, bool Named) Read(string folder, SamplingOptions fallback)
    {
        var path = Path.Combine(folder, ModelFolder.GenerationFile);
        var own = File.Exists(path);
        var fields = ConfigReader.Open(own ? path : Path.Combine(folder, ModelFolder.ConfigFile));
        foreach (var (key, neutral) in GenerationKeys.NotBuilt) fields.Only(key, neutral);
        // Who names beams and not sampling wants the best; so does who translates or sums up.
        var best = fields.OptionalInteger("num_beams") > 1 && !fields.Has("do_sample");
        if (best || (!_sampling.Any(fields.Has) && ReadsAndWrites(folder))) fallback = fallback.WithoutSampling();
        var options = _sampling.Any(fields.Has) ? Sampling(fields) with { MaxNewTokens = fallback.MaxNewTokens, Seed = fallback.Seed } : fallback;
        if (best) options = options.WithoutSampling();
        options = GenerationFields.Read(fields, options);
        var (newTokens, length) = (fields.OptionalInteger("max_new_tokens"), fields.OptionalInteger("max_length"));
        if (newTokens is { } most) options = options with { MaxNewTokens = most };
        else if (length is { } all) options = options with { MaxNewTokens = all, MaxLength = all };
        if (fields.Texts("stop_strings") is { Count: > 0 } stops) options = options with { StopSequences = stops };
        if (own)
        {
            fields.OptionalInteger("bos_token_id", 0);
            fields.Ids("eos_token_id");
            fields.Skip(ConfigKey.Anything(GenerationKeys.WithoutBearing));
            fields.RefuseRest();
        }
        return (options, GenerationKeys.Taken.Any(fields.Has));
    }

    /// <summary>The keys of `generation_config.json` that say the same.</summary>
    public static JsonObject ToJson(SamplingOptions options)
    {
        var json = new JsonObject { ["do_sample"] = options.Temperature > 0 };
        if (options.Temperature > 0) (json["temperature"], json["top_k"], json["top_p"]) = (options.Temperature, options.TopK, options.TopP);
        if (options.Temperature > 0 && options.MinP > 0) json["min_p"] = options.MinP;
        if (options.RepetitionPenalty != 1) json["repetition_penalty"] = options.RepetitionPenalty;
        GenerationFields.Write(json, options);
        json["max_new_tokens"] = options.MaxNewTokens;
        return json;
    }

    private static SamplingOptions Sampling(ConfigReader fields)
    {
        var options = new SamplingOptions
        {
            Temperature = fields.Number("temperature", 1, min: 0),
            TopK = fields.Integer("top_k", 0, min: 0),
            TopP = fields.Number("top_p", 1, 0, 1),
            MinP = fields.Number("min_p", 0, 0, 1),
            RepetitionPenalty = fields.Positive("repetition_penalty", 1),
        };
        if (options.TopP == 0) throw fields.Wrong("top_p", "a number above 0, up to 1");
        options = options with
        {
            TypicalP = fields.Number("typical_p", 1, 0, 1),
            EpsilonCutoff = fields.Number("epsilon_cutoff", 0, 0, 1),
            EtaCutoff = fields.Number("eta_cutoff", 0, 0, 1),
            TopH = fields.OptionalNumber("top_h", 0, 1),
        };
        if (options.TypicalP == 0) throw fields.Wrong("typical_p", "a number above 0, up to 1");
        if (options.TopH == 0) throw fields.Wrong("top_h", "a number above 0, up to 1");
        return fields.Flag("do_sample", true) ? options : options.WithoutSampling();
    }

    private static bool ReadsAndWrites(string folder) =>
        File.Exists(Path.Combine(folder, ModelFolder.ConfigFile)) && ConfigReader.Open(Path.Combine(folder, ModelFolder.ConfigFile)) is var config
        && config.Has("is_encoder_decoder") && config.Flag("is_encoder_decoder", false);
}
