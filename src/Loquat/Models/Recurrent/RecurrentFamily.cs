using System.Text.Json.Nodes;

namespace Loquat.Models.Recurrent;

/// <summary>Elman networks (Elman 1990; Mikolov et al. 2010), LSTMs (Hochreiter and Schmidhuber 1997; AWD: Merity et al. 2018) and GRUs (Cho et al. 2014) as language models.</summary>
internal sealed class RecurrentFamily : ModelFamily
{
    public override IReadOnlyList<string> ModelTypes => ["rnn", "lstm", "gru"];

    public override ModelConfig Read(ConfigReader fields) => RecurrentJson.Read(fields.Text("model_type"), fields);

    public override void Start(JsonObject keys)
    {
        Default(keys, "hidden_size", 256);
        Default(keys, "num_layers", 2);
        if (keys["proj_size"] is null && Given(keys, "hidden_size") is { } width) Default(keys, "embedding_size", width);
    }
}
