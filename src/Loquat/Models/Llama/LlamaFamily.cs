namespace Loquat.Models.Llama;

/// <summary>Llama (Touvron et al. 2023) and Qwen3, which normalizes queries and keys besides.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["llama", "qwen3"];

    public override ModelConfig Read(ConfigReader fields) => LlamaConfig.FromJson(fields);
}
