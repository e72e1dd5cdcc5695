using System.Text.Json.Nodes;

namespace Loquat.Models.Bart;

/// <summary>BART (Lewis et al. 2020) and Marian (Junczys-Dowmunt et al. 2018).</summary>
internal sealed class BartFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["bart", "marian"];

    public override ModelConfig Read(ConfigReader fields) => BartConfig.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "d_model", 256);
        Default(keys, "max_position_embeddings", 256);
        foreach (var stack in (string[])["encoder", "decoder"])
        {
            Default(keys, $"{stack}_layers", 4);
            Default(keys, $"{stack}_attention_heads", 4);
            if (Given(keys, "d_model") is { } width and > 0) Default(keys, $"{stack}_ffn_dim", (int)Math.Min(int.MaxValue, width * 4L));
        }
        Default(keys, "dropout", 0);
    }
}
