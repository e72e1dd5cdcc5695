namespace Loquat.Models.Bert;

/// <summary>Encoders whose layers are BERT's: a normalization after each part. They differ in their tables, their heads and their names.</summary>
public enum BertVariant
{
    /// <summary>BERT (Devlin et al. 2019): `bert`.</summary>
    Bert,

    /// <summary>RoBERTa (Liu et al. 2019): `roberta`. Positions count from the token of padding on.</summary>
    Roberta,

    /// <summary>XLM-R (Conneau et al. 2020): `xlm-roberta`, a RoBERTa of many languages.</summary>
    XlmRoberta,

    /// <summary>ELECTRA (Clark et al. 2020): `electra`, both its generator and its discriminator. Vectors of tokens may be narrower than the layers.</summary>
    Electra,

    /// <summary>DistilBERT (Sanh et al. 2019): `distilbert`. No token types.</summary>
    DistilBert,
}

/// <summary>What the parts of a variant are called in its files.</summary>
/// <param name="ModelType">`model_type`.</param>
/// <param name="ClassName">How its classes in `architectures` begin.</param>
/// <param name="Base">Prefix of the base model's names.</param>
/// <param name="Layer">Between that prefix and the number of a layer.</param>
internal sealed record BertNames(string ModelType, string ClassName, string Base, string Layer)
{
    public string Query { get; init; } = "attention.self.query";

    public string Key { get; init; } = "attention.self.key";

    public string Value { get; init; } = "attention.self.value";

    public string Out { get; init; } = "attention.output.dense";

    public string AttentionNorm { get; init; } = "attention.output.LayerNorm";

    public string Up { get; init; } = "intermediate.dense";

    public string Down { get; init; } = "output.dense";

    public string OutputNorm { get; init; } = "output.LayerNorm";

    public static BertNames Of(BertVariant variant) => variant switch
    {
        BertVariant.Bert => _bert,
        BertVariant.Roberta => _roberta,
        BertVariant.XlmRoberta => _xlmRoberta,
        BertVariant.Electra => _electra,
        BertVariant.DistilBert => _distilBert,
        _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, null),
    };

    private static readonly BertNames _bert = new("bert", "Bert", "bert.", "encoder.layer."),
        _roberta = new("roberta", "Roberta", "roberta.", "encoder.layer."),
        _xlmRoberta = new("xlm-roberta", "XLMRoberta", "roberta.", "encoder.layer."),
        _electra = new("electra", "Electra", "electra.", "encoder.layer."),
        _distilBert = new("distilbert", "DistilBert", "distilbert.", "transformer.layer.")
        {
            Query = "attention.q_lin",
            Key = "attention.k_lin",
            Value = "attention.v_lin",
            Out = "attention.out_lin",
            AttentionNorm = "sa_layer_norm",
            Up = "ffn.lin1",
            Down = "ffn.lin2",
            OutputNorm = "output_layer_norm",
        };
}
