using System.Text.Json.Nodes;

namespace Loquat.Models.Rwkv;

/// <summary>RWKV-4 (Peng et al. 2023).</summary>
internal sealed class RwkvFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["rwkv"];

    public override ModelConfig Read(ConfigReader fields) => RwkvConfig.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "hidden_size", 256);
        Default(keys, "num_hidden_layers", 4);
    }
}
