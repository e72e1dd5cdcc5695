using System.Text.Json.Nodes;

namespace Loquat.Models.Mamba;

/// <summary>Mamba (Gu and Dao 2023).</summary>
internal sealed class MambaFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["mamba"];

    public override ModelConfig Read(ConfigReader fields) => MambaJson.Read(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "hidden_size", 256);
        Default(keys, "num_hidden_layers", 4);
        // As the authors start theirs; the defaults of files are those of a program that reads them.
        Default(keys, "initializer_range", 0.02);
        Default(keys, "rescale_prenorm_residual", true);
    }
}
