using System.Text.Json.Nodes;

namespace Loquat.Models.GptNeoX;

/// <summary>GPT-NeoX (Black et al. 2022) and Pythia.</summary>
internal sealed class GptNeoXFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["gpt_neox"];

    public override ModelConfig Read(ConfigReader fields) => GptNeoXConfig.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "hidden_size", 256);
        Default(keys, "num_hidden_layers", 6);
        Default(keys, "num_attention_heads", 4);
        Default(keys, "max_position_embeddings", 256);
        if (Given(keys, "hidden_size") is { } width) Default(keys, "intermediate_size", (int)Math.Min(int.MaxValue, 4L * width));
    }
}
