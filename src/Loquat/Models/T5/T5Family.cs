using System.Text.Json.Nodes;

namespace Loquat.Models.T5;

/// <summary>T5 (Raffel et al. 2020), T5 1.1 and Flan-T5.</summary>
internal sealed class T5Family : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["t5"];

    public override ModelConfig Read(ConfigReader fields) => T5Config.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "d_model", 256);
        Default(keys, "num_layers", 4);
        Default(keys, "num_heads", 4);
        Default(keys, "dropout_rate", 0);
        if (Given(keys, "num_layers") is { } layers) Default(keys, "num_decoder_layers", layers);
        if (Given(keys, "d_model") is not { } width || Given(keys, "num_heads") is not { } heads || width < 1 || heads < 1) return;
        Default(keys, "d_kv", Math.Max(1, width / heads));
        Default(keys, "d_ff", (int)Math.Min(int.MaxValue, width * 4L));
    }
}
