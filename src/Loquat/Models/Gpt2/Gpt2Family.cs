using System.Text.Json.Nodes;

namespace Loquat.Models.Gpt2;

/// <summary>GPT-2 (Radford et al. 2019).</summary>
internal sealed class Gpt2Family : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["gpt2"];

    public override ModelConfig Read(ConfigReader fields) => Gpt2Config.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "n_embd", 256);
        Default(keys, "n_layer", 6);
        Default(keys, "n_head", 4);
        Default(keys, "n_positions", 256);
        foreach (var dropout in (string[])["embd_pdrop", "attn_pdrop", "resid_pdrop"]) Default(keys, dropout, 0);
    }
}
