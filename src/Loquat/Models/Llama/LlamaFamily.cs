using System.Text.Json.Nodes;

namespace Loquat.Models.Llama;

/// <summary>Llama (Touvron et al. 2023) and Qwen3, which normalizes queries and keys besides.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["llama", "qwen3"];

    public override ModelConfig Read(ConfigReader fields) => LlamaConfig.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "hidden_size", 256);
        Default(keys, "num_hidden_layers", 6);
        Default(keys, "num_attention_heads", 4);
        Default(keys, "max_position_embeddings", 256);
        Default(keys, "tie_word_embeddings", true);
        if (Given(keys, "num_attention_heads") is not { } heads || Given(keys, "hidden_size") is not { } width || width < 1 || heads < 1) return;
        Default(keys, "num_key_value_heads", heads);
        // Two thirds of the usual 4 times the width, for three matrices instead of two (Shazeer 2020), in multiples of 16.
        Default(keys, "intermediate_size", (int)Math.Min(int.MaxValue, (width * 8L / 3 + 15) / 16 * 16));
        // Without head_dim, Qwen3's own default of 128 would stand beside any width: here heads share the width, or the recipe says otherwise.
        if (width % heads == 0) Default(keys, "head_dim", width / heads);
        else if (keys["head_dim"] is null)
            throw new CheckpointException($"model: hidden_size {width} is not a multiple of num_attention_heads {heads}. Nearest valid: {Math.Max(1, width / heads) * heads}. Or give the size of a head, head_dim.");
    }
}
