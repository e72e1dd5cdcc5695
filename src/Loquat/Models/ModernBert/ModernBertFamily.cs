using System.Text.Json.Nodes;

namespace Loquat.Models.ModernBert;

/// <summary>ModernBERT (Warner et al. 2024).</summary>
internal sealed class ModernBertFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["modernbert"];

    public override ModelConfig Read(ConfigReader fields) => ModernBertJson.Read(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "architectures", new JsonArray("ModernBertForMaskedLM"));
        Default(keys, "hidden_size", 256);
        Default(keys, "num_hidden_layers", 6);
        Default(keys, "num_attention_heads", 4);
        Default(keys, "max_position_embeddings", 256);
        // A gated unit of 1.5 times the width has as many parameters as the paper's.
        if (Given(keys, "hidden_size") is { } width) Default(keys, "intermediate_size", (int)Math.Min(int.MaxValue / 2, Math.Max(1, 3L * width / 2)));
    }
}
