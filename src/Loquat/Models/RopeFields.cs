using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models;

/// <summary>
/// Reads and writes the rotary settings of a `config.json`: `rope_parameters`, which older files call `rope_scaling`, with `rope_theta` in it or beside it,
/// and by the kind of layer where a model has several.
/// </summary>
internal static class RopeFields
{
    public const string FullAttention = "full_attention", SlidingAttention = "sliding_attention";

    /// <param name="maxPositions">`max_position_embeddings`.</param>
    /// <param name="theta">The base where none is given.</param>
    /// <param name="thetaKey">What the family's older files call it.</param>
    /// <param name="partial">The share of a head that turns, where none is given.</param>
    public static RopeParameters Read(ConfigReader fields, int maxPositions, double theta = 10000, string thetaKey = "rope_theta", double partial = 1)
    {
        if (thetaKey != "rope_theta") theta = fields.Positive(thetaKey, theta);
        theta = fields.Positive("rope_theta", theta);
        partial = Share(fields, partial);
        var original = fields.OptionalInteger("original_max_position_embeddings");
        var (named, older) = (fields.Section("rope_parameters"), fields.Section("rope_scaling"));
        if (named is not null && older is not null && !named.SameAs(older)) throw fields.Fault("there are both rope_parameters and its older name, rope_scaling; one must go.");
        return (named ?? older) is { } rope ? Read(ForFullAttention(rope), theta, original, maxPositions, partial) : new RopeParameters { RopeTheta = theta, PartialRotaryFactor = partial };
    }

    /// <summary>The settings of one kind of layer, where a model has several.</summary>
    /// <param name="kind">`full_attention`, `sliding_attention`.</param>
    /// <param name="theta">The base of the kind where its settings give none.</param>
    /// <param name="maxPositions">`max_position_embeddings`.</param>
    public static RopeParameters Read(ConfigReader fields, string kind, double theta, int maxPositions)
    {
        var (named, older) = (fields.Section("rope_parameters"), fields.Section("rope_scaling"));
        if (named is not null && older is not null) throw fields.Fault("there are both rope_parameters and its older name, rope_scaling; one must go.");
        var rope = named is { HoldsOnlyObjects: true } ? named.Section(kind) : named ?? older;
        return rope is null ? new RopeParameters { RopeTheta = theta } : Read(rope, theta, null, maxPositions, 1);
    }

    /// <param name="always">Whether the share of a head that turns is written even where it is the whole: for families whose default is another.</param>
    public static JsonObject ToJson(RopeParameters rope, bool always = false)
    {
        var json = new JsonObject { ["rope_theta"] = rope.RopeTheta, ["rope_type"] = rope.RopeType.ToString().ToLowerInvariant() };
        if (always || rope.PartialRotaryFactor != 1) json["partial_rotary_factor"] = rope.PartialRotaryFactor;
        if (rope.RopeType is not RopeType.Default) json["factor"] = rope.Factor;
        if (rope.OriginalMaxPositionEmbeddings is { } original) json["original_max_position_embeddings"] = original;
        if (rope.AttentionFactor is { } attention) json["attention_factor"] = attention;
        if (rope.RopeType == RopeType.Llama3) (json["low_freq_factor"], json["high_freq_factor"]) = (rope.LowFreqFactor, rope.HighFreqFactor);
        if (rope.RopeType == RopeType.Longrope) (json["short_factor"], json["long_factor"]) = (List(rope.ShortFactor), List(rope.LongFactor));
        if (rope.RopeType != RopeType.Yarn) return json;
        (json["beta_fast"], json["beta_slow"], json["truncate"]) = (rope.BetaFast, rope.BetaSlow, rope.Truncate);
        if (rope.Mscale is { } mscale) json["mscale"] = mscale;
        if (rope.MscaleAllDim is { } all) json["mscale_all_dim"] = all;
        return json;

        static JsonArray List(IReadOnlyList<double> numbers) => [.. numbers.Select(number => (JsonNode)number)];
    }

    /// <summary>By the kind of layer, the settings are those of full attention: families without other layers have no use for the rest.</summary>
    private static ConfigReader ForFullAttention(ConfigReader rope) => !rope.HoldsOnlyObjects ? rope
        : rope.Section(FullAttention) ?? throw rope.Fault($"rope_parameters by the kind of layer lack '{FullAttention}'.");

    private static double Share(ConfigReader fields, double absent) => fields.Number("partial_rotary_factor", absent, double.Epsilon, 1);

    private static RopeParameters Read(ConfigReader rope, double theta, int? original, int maxPositions, double partial)
    {
        var (name, older) = (rope.OptionalText("rope_type"), rope.OptionalText("type"));
        var type = Type(rope, name is null ? "type" : "rope_type", name ?? older ?? "default");
        var parameters = new RopeParameters { RopeType = type, RopeTheta = rope.Positive("rope_theta", theta), PartialRotaryFactor = Share(rope, partial) };
        if (type != RopeType.Default)
        {
            original = rope.OptionalInteger("original_max_position_embeddings") ?? original;
            // Phi-3 and models after it say how far they read and were trained, not the ratio of the two.
            double? ratio = type == RopeType.Longrope ? (double)maxPositions / (original ?? maxPositions) : null;
            parameters = parameters with { OriginalMaxPositionEmbeddings = original, Factor = rope.Number("factor", ratio, min: 1) };
        }
        parameters = type switch
        {
            RopeType.Yarn => parameters with
            {
                AttentionFactor = rope.Has("attention_factor") ? rope.Positive("attention_factor") : null,
                BetaFast = rope.Positive("beta_fast", 32),
                BetaSlow = rope.Positive("beta_slow", 1),
                Mscale = rope.OptionalNumber("mscale", 0),
                MscaleAllDim = rope.OptionalNumber("mscale_all_dim", 0),
                Truncate = rope.Flag("truncate", true),
            },
            RopeType.Llama3 => parameters with
            {
                LowFreqFactor = rope.Positive("low_freq_factor"),
                HighFreqFactor = rope.Positive("high_freq_factor"),
                OriginalMaxPositionEmbeddings = parameters.OriginalMaxPositionEmbeddings ?? throw rope.Fault("original_max_position_embeddings of rope_type llama3 is missing."),
            },
            RopeType.Longrope => parameters with
            {
                AttentionFactor = rope.Has("attention_factor") ? rope.Positive("attention_factor") : null,
                ShortFactor = rope.PositiveList("short_factor"),
                LongFactor = rope.PositiveList("long_factor"),
            },
            _ => parameters,
        };
        if (type == RopeType.Llama3 && parameters.HighFreqFactor <= parameters.LowFreqFactor) throw rope.Wrong("high_freq_factor", $"above low_freq_factor ({parameters.LowFreqFactor})");
        if (type == RopeType.Yarn && parameters.BetaFast < parameters.BetaSlow) throw rope.Wrong("beta_fast", $"at least beta_slow ({parameters.BetaSlow})");
        if (parameters.OriginalMaxPositionEmbeddings > maxPositions)
            throw rope.Fault($"original_max_position_embeddings is {parameters.OriginalMaxPositionEmbeddings}; it must be at most max_position_embeddings ({maxPositions}).");
        rope.RefuseRest();
        return parameters;
    }

    private static RopeType Type(ConfigReader rope, string key, string name)
    {
        var known = Enum.GetValues<RopeType>().ToDictionary(type => type.ToString().ToLowerInvariant());
        known["su"] = RopeType.Longrope;   // the name that it had first
        return known.TryGetValue(name, out var type) ? type : throw rope.Wrong(key, $"one of {string.Join(", ", known.Keys)}");
    }
}
