using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Bart;

/// <summary>
/// BART (Lewis et al. 2020): the transformer of Vaswani et al. 2017 with learned positions, layer normalization after each part and of the embedding. With
/// <see cref="SinusoidalPositions"/> it is Marian (Junczys-Dowmunt et al. 2018), which normalizes no embedding.
/// </summary>
public sealed record BartConfig : EncoderDecoderConfig
{
    /// <summary>Rows of BART's table of positions that stand before position 0.</summary>
    internal const int PositionOffset = 2;

    internal const double LayerNormEpsilon = 1e-5;

    private const string SharedTable = "model.shared.weight";
    private const string EncoderTable = "model.encoder.embed_tokens.weight";
    private const string DecoderTable = "model.decoder.embed_tokens.weight";
    private const string OwnHead = "lm_head.weight";

    /// <summary>Width of the model.</summary>
    public required int DModel { get; init; }

    public required int EncoderLayers { get; init; }

    public required int DecoderLayers { get; init; }

    public required int EncoderAttentionHeads { get; init; }

    public required int DecoderAttentionHeads { get; init; }

    /// <summary>Width of the feed-forward layers.</summary>
    public required int EncoderFfnDim { get; init; }

    public required int DecoderFfnDim { get; init; }

    public ActivationKind ActivationFunction { get; init; } = ActivationKind.Gelu;

    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Positions are sines and cosines: Marian. Otherwise they are learned.</summary>
    public bool SinusoidalPositions { get; init; }

    /// <summary>Token vectors are multiplied by √<see cref="DModel"/>.</summary>
    public bool ScaleEmbedding { get; init; }

    /// <summary>Dropout of embeddings and of what each part adds, in training. 0 to 1.</summary>
    public double Dropout { get; init; }

    public double AttentionDropout { get; init; }

    /// <summary>Dropout after the activation of the feed-forward layers.</summary>
    public double ActivationDropout { get; init; }

    /// <summary>Probability of leaving out a layer of the encoder, in training (Fan et al. 2019).</summary>
    public double EncoderLayerdrop { get; init; }

    public double DecoderLayerdrop { get; init; }

    /// <summary>Standard deviation of matrices and embeddings at the start.</summary>
    public double InitStd { get; init; } = 0.02;

    /// <summary>Encoder and decoder have one table of token vectors. Default: true.</summary>
    public bool ShareEncoderDecoderEmbeddings { get; init; } = true;

    /// <summary>Tokens that the decoder knows, where its table is another. Default: as many as the encoder.</summary>
    public int? DecoderVocabSize { get; init; }

    /// <summary>The head is the decoder's table of token vectors.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Whether the file alone tells if each text has a table of its own: programs untie the head alone, or all three.</summary>
    internal bool TablesAreOpen { get; init; }

    public override string ModelType => SinusoidalPositions ? "marian" : "bart";

    public override int ContextLength => MaxPositionEmbeddings;

    public override int Layers => EncoderLayers + DecoderLayers;

    public override int DecoderLayerCount => DecoderLayers;

    public override int DecoderVocabularySize => ShareEncoderDecoderEmbeddings ? VocabSize : DecoderVocabSize ?? VocabSize;

    public override int Width => DModel;

    public override bool TiesHead => TieWordEmbeddings;

    public override int AttentionWidth => DModel;

    public override string BasePrefix => "model.";

    public override IReadOnlyList<string> HeadPrefixes => ["lm_head.", "final_logits_bias"];

    // Sines and cosines; a table that is there and not used; versions of parts, which the first program numbered.
    public override IReadOnlyList<string> SavedTables =>
        [.. SinusoidalPositions ? ["embed_positions.weight"] : (string[])[], .. ShareEncoderDecoderEmbeddings ? (string[])[] : [SharedTable], "encoder.version", "decoder.version"];

    public override IEnumerable<(string Alias, string Parameter)> Tied =>
    [
        .. ShareEncoderDecoderEmbeddings ? [(EncoderTable, SharedTable), (DecoderTable, SharedTable)] : ((string, string)[])[],
        .. TieWordEmbeddings ? [(OwnHead, Table(decoder: true))] : ((string, string)[])[],
    ];

    public override ModelConfig For(IReadOnlyCollection<string> names) =>
        TablesAreOpen ? this with { TablesAreOpen = false, ShareEncoderDecoderEmbeddings = !(names.Contains(EncoderTable) && names.Contains(DecoderTable)) } : this;

    internal string Table(bool decoder) => ShareEncoderDecoderEmbeddings ? SharedTable : decoder ? DecoderTable : EncoderTable;

    /// <summary>Matrices and embeddings start normal with <see cref="InitStd"/>, gains at one, biases at zero.</summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitStd);
        if (ShareEncoderDecoderEmbeddings) yield return new(SharedTable, [VocabSize, DModel], start, ParameterRole.Embedding);
        foreach (var decoder in (bool[])[false, true])
        {
            var stack = decoder ? "model.decoder" : "model.encoder";
            if (!ShareEncoderDecoderEmbeddings) yield return new(Table(decoder), [decoder ? DecoderVocabularySize : VocabSize, DModel], start, ParameterRole.Embedding);
            if (!SinusoidalPositions)
            {
                yield return new($"{stack}.embed_positions.weight", [MaxPositionEmbeddings + PositionOffset, DModel], start, ParameterRole.Embedding);
                foreach (var spec in Norm($"{stack}.layernorm_embedding", DModel)) yield return spec;
            }
            for (var layer = 0; layer < (decoder ? DecoderLayers : EncoderLayers); layer++)
                foreach (var spec in Layer($"{stack}.layers.{layer}.", decoder, start)) yield return spec;
        }
        if (!TieWordEmbeddings) yield return new(OwnHead, [DecoderVocabularySize, DModel], start, ParameterRole.Head);
    }

    public override IEnumerable<ParameterSpec> Buffers() => [new("final_logits_bias", [1, DecoderVocabularySize], Initializer.Zeros, ParameterRole.Vector)];

    private IEnumerable<ParameterSpec> Layer(string prefix, bool decoder, Initializer start)
    {
        foreach (var attention in decoder ? (string[])["self_attn", "encoder_attn"] : ["self_attn"])
        {
            foreach (var projection in (string[])["k_proj", "v_proj", "q_proj", "out_proj"])
                foreach (var spec in Affine($"{prefix}{attention}.{projection}", DModel, DModel, start)) yield return spec;
            foreach (var spec in Norm($"{prefix}{attention}_layer_norm", DModel)) yield return spec;
        }
        var inner = decoder ? DecoderFfnDim : EncoderFfnDim;
        foreach (var spec in (IEnumerable<ParameterSpec>)[.. Affine(prefix + "fc1", inner, DModel, start), .. Affine(prefix + "fc2", DModel, inner, start), .. Norm(prefix + "final_layer_norm", DModel)]) yield return spec;
    }

    protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(
            ("vocab_size", VocabSize), ("d_model", DModel), ("encoder_layers", EncoderLayers), ("decoder_layers", DecoderLayers), ("encoder_attention_heads", EncoderAttentionHeads),
            ("decoder_attention_heads", DecoderAttentionHeads), ("encoder_ffn_dim", EncoderFfnDim), ("decoder_ffn_dim", DecoderFfnDim), ("max_position_embeddings", MaxPositionEmbeddings),
            ("decoder_vocab_size", DecoderVocabSize ?? 1)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var (name, value) in ((string, double)[])[
            ("dropout", Dropout), ("attention_dropout", AttentionDropout), ("activation_dropout", ActivationDropout), ("encoder_layerdrop", EncoderLayerdrop), ("decoder_layerdrop", DecoderLayerdrop)])
            foreach (var fault in OutOfRange(name, value, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in OutOfRange("init_std", InitStd, v => v >= 0, "0 or more")) yield return fault;
        if (sizes.Count > 0) yield break;
        foreach (var (name, heads) in ((string, int)[])[("encoder_attention_heads", EncoderAttentionHeads), ("decoder_attention_heads", DecoderAttentionHeads)])
            if (DModel % heads != 0) yield return $"d_model {DModel} is not a multiple of {name} {heads}.";
        if (MaxPositionEmbeddings > int.MaxValue - PositionOffset) yield return $"max_position_embeddings is {MaxPositionEmbeddings}; allowed: up to {int.MaxValue - PositionOffset}.";
    }

    public override EncoderDecoderModel Build(Placement placement, ulong? seed) => new BartModel(this, placement, seed);

    public override JsonObject ToJson()
    {
        var json = BartFields.Write(this);
        AddIds(json);
        json["dtype"] = "float32";
        return json;
    }

    internal static BartConfig FromJson(ConfigReader fields)
    {
        CheckKind(fields);
        return BartFields.Read(fields);
    }
}
