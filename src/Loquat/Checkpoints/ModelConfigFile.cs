using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;

namespace Loquat.Checkpoints;

/// <summary>A `config.json`, of whichever architecture it names: the one place where they are registered.</summary>
public static class ModelConfigFile
{
    /// <summary>How each `model_type` is read.</summary>
    private static readonly SortedDictionary<string, Func<ConfigReader, ModelConfig>> _families = new(StringComparer.Ordinal)
    {
        ["gpt2"] = Gpt2Config.FromJson,
        ["llama"] = LlamaConfig.FromJson,
        ["qwen3"] = LlamaConfig.FromJson,
    };

    /// <summary>Whether the `config.json` names an architecture that Loquat builds.</summary>
    public static bool Knows(string path) => ConfigReader.Open(path).OptionalText("model_type") is { } type && _families.ContainsKey(type);

    /// <summary>Reads a `config.json`.</summary>
    /// <exception cref="CheckpointException">Not JSON, an unknown `model_type`, a missing or impossible value, or a setting that Loquat does not build; the message names it.</exception>
    public static ModelConfig Read(string path)
    {
        var fields = ConfigReader.Open(path);
        var type = fields.Text("model_type");
        if (!_families.TryGetValue(type, out var read)) throw fields.Wrong("model_type", $"one that Loquat builds: {string.Join(", ", _families.Keys)}");
        var config = read(fields) with { BosTokenId = fields.OptionalInteger("bos_token_id", 0), EosTokenIds = fields.Ids("eos_token_id") ?? [] };
        if (config.Fault() is { } fault) throw fields.Fault(fault);
        CommonConfigKeys.Check(fields);
        return config;
    }
}
