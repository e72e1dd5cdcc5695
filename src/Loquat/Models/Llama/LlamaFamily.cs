using System.Text.Json.Nodes;

namespace Loquat.Models.Llama;

/// <summary>Llama (Touvron et al. 2023) and what has grown from it: see <see cref="LlamaVariant"/>.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => LlamaTraits.ModelTypes;

    public override ModelConfig Read(ConfigReader fields) => LlamaJson.Read(fields);

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
        // Without head_dim, the family's own default would stand beside any width: here heads share the width, or the recipe says otherwise.
        if (width % heads == 0) Default(keys, "head_dim", width / heads);
        else if (keys["head_dim"] is null)
            throw new CheckpointException($"model: hidden_size {width} is not a multiple of num_attention_heads {heads}. Nearest valid: {Math.Max(1, width / heads) * heads}. Or give the size of a head, head_dim.");
        var traits = keys["model_type"] is JsonValue type && type.TryGetValue<string>(out var name) && LlamaTraits.ModelTypes.Contains(name) ? LlamaTraits.Of(LlamaTraits.Find(name)) : null;
        if (traits is { IsGemma: true } && Given(keys, "head_dim") is { } size) Default(keys, "query_pre_attn_scalar", size);
        // Trained anew, experts need their balance; files say by themselves whether they have it.
        if (traits is { Experts: true }) Default(keys, "output_router_logits", true);
    }
}
