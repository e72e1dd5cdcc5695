using System.Text.Json.Nodes;

namespace Loquat.Models.AttentionRnn;

/// <summary>Recurrent encoder-decoders with attention (Bahdanau et al. 2015, Luong et al. 2015). The keys of its `config.json` are Loquat's own: no one has published some.</summary>
internal sealed class AttentionRnnFamily : ModelFamily
{
    internal const string Type = "attention_rnn";

    internal static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<MemoryScore>().Select(Name)];

    public override IReadOnlyList<string> ModelTypes => [Type];

    public override ModelConfig Read(ConfigReader fields) => AttentionRnnConfig.FromJson(fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "hidden_size", 256);
        if (Given(keys, "hidden_size") is { } width) Default(keys, "embedding_size", width);
    }

    internal static string Name(MemoryScore score) => score.ToString().ToLowerInvariant();

    internal static MemoryScore Score(string name) => Enum.Parse<MemoryScore>(name, ignoreCase: true);
}
