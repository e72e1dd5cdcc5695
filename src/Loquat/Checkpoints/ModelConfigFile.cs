using Loquat.Models;

namespace Loquat.Checkpoints;

/// <summary>A `config.json`, of whichever architecture it names.</summary>
public static class ModelConfigFile
{
    /// <summary>Whether the `config.json` names an architecture that Loquat builds.</summary>
    public static bool Knows(string path) => ConfigReader.Open(path).OptionalText("model_type") is { } type && ModelFamilies.Find(type) is not null;

    /// <summary>Reads a `config.json`.</summary>
    /// <exception cref="CheckpointException">Not JSON, an unknown `model_type`, a missing or impossible value, or a setting that Loquat does not build; the message names it.</exception>
    public static ModelConfig Read(string path)
    {
        var fields = ConfigReader.Open(path);
        var type = fields.Text("model_type");
        var family = ModelFamilies.Find(type) ?? throw fields.Wrong("model_type", $"one that Loquat builds: {string.Join(", ", ModelFamilies.ModelTypes)}");
        var config = family.Read(fields) with { BosTokenId = fields.OptionalInteger("bos_token_id", 0), EosTokenIds = fields.Ids("eos_token_id") ?? [] };
        if (config.Fault() is { } fault) throw fields.Fault(fault);
        CommonConfigKeys.Check(fields);
        return config;
    }
}
