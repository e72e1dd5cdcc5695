using System.Text.Json.Nodes;

namespace Loquat.Models.Bert;

/// <summary>BERT, RoBERTa, XLM-R, ELECTRA and DistilBERT.</summary>
internal sealed class BertFamily : ModelFamily
{
    private static readonly BertVariant[] _variants = Enum.GetValues<BertVariant>();

    public override IReadOnlyList<string> ModelTypes { get; } = [.. _variants.Select(variant => BertNames.Of(variant).ModelType)];

    public override ModelConfig Read(ConfigReader fields)
    {
        var type = fields.Text("model_type");
        return BertJson.Read(fields, _variants.First(variant => BertNames.Of(variant).ModelType == type));
    }

    public override void Start(JsonObject keys)
    {
        var type = keys["model_type"]?.GetValue<string>();
        Default(keys, "architectures", new JsonArray($"{BertNames.Of(_variants.First(variant => BertNames.Of(variant).ModelType == type)).ClassName}ForMaskedLM"));
        var (width, layers, heads, inner) = type == "distilbert" ? ("dim", "n_layers", "n_heads", "hidden_dim") : ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size");
        Default(keys, width, 256);
        Default(keys, layers, 6);
        Default(keys, heads, 4);
        Default(keys, "max_position_embeddings", 256);
        if (Given(keys, width) is { } given) Default(keys, inner, (int)Math.Min(int.MaxValue, 4L * given));
        if (type == "electra" && Given(keys, width) is { } tables) Default(keys, "embedding_size", tables);
        foreach (var dropout in type == "distilbert" ? ["dropout", "attention_dropout"] : (string[])["hidden_dropout_prob", "attention_probs_dropout_prob"]) Default(keys, dropout, 0);
    }
}
