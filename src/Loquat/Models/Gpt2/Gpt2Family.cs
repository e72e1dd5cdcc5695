namespace Loquat.Models.Gpt2;

/// <summary>GPT-2 (Radford et al. 2019).</summary>
internal sealed class Gpt2Family : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["gpt2"];

    public override ModelConfig Read(ConfigReader fields) => Gpt2Config.FromJson(fields);
}
