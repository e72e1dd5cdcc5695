using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.T5;

/// <summary>
/// T5 (Raffel et al. 2020): positions by learned biases of attention, RMS normalization before each part, no biases. T5 1.1 and Flan-T5 have gated feed-forward layers and do
/// not scale what the head gets.
/// </summary>
public sealed record T5Config : EncoderDecoderConfig
{
    private const string SharedTable = "shared.weight";

    /// <summary>Width of the model.</summary>
    public required int DModel { get; init; }

    /// <summary>Size of a head. Default: 64.</summary>
    public int DKv { get; init; } = 64;

    /// <summary>Width of the feed-forward layers.</summary>
    public required int DFf { get; init; }

    /// <summary>Layers of the encoder.</summary>
    public required int NumLayers { get; init; }

    /// <summary>Layers of the decoder. Default: as many as the encoder's.</summary>
    public int? NumDecoderLayers { get; init; }

    public required int NumHeads { get; init; }

    /// <summary>Distances that are told apart. 4 or more. Default: 32.</summary>
    public int RelativeAttentionNumBuckets { get; init; } = 32;

    /// <summary>From this distance on all are alike. Above a quarter of the buckets. Default: 128.</summary>
    public int RelativeAttentionMaxDistance { get; init; } = 128;

    /// <summary>Dropout in training, everywhere. 0 to 1.</summary>
    public double DropoutRate { get; init; }

    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>Factor of all standard deviations at the start.</summary>
    public double InitializerFactor { get; init; } = 1;

    /// <summary>Activation of the feed-forward layers, or of their gates.</summary>
    public ActivationKind DenseActFn { get; init; } = ActivationKind.Relu;

    /// <summary>Feed-forward layers are gated: T5 1.1.</summary>
    public bool IsGatedAct { get; init; }

    /// <summary>The head is the embedding itself.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>What the head gets is divided by √<see cref="DModel"/>: T5 1.0.</summary>
    public bool ScaleDecoderOutputs { get; init; } = true;

    /// <summary>Whether the file alone tells if there is a head of its own: transformers 5 writes that the two are tied either way.</summary>
    internal bool HeadIsOpen { get; init; }

    public override string ModelType => "t5";

    public override int ContextLength => int.MaxValue;

    public override int Layers => NumLayers + DecoderLayerCount;

    public override int DecoderLayerCount => NumDecoderLayers ?? NumLayers;

    public override int Width => DModel;

    public override bool TiesHead => TieWordEmbeddings;

    public override int AttentionWidth => NumHeads * DKv;

    public override string BasePrefix => "";

    // Of attention between the two texts, where no distance counts: the first program made it all the same.
    public override IReadOnlyList<string> SavedTables => ["EncDecAttention.relative_attention_bias.weight"];

    public override IEnumerable<(string Alias, string Parameter)> Tied =>
        [("encoder.embed_tokens.weight", SharedTable), ("decoder.embed_tokens.weight", SharedTable), .. base.Tied];

    public override ModelConfig For(IReadOnlyCollection<string> names) => HeadIsOpen ? this with { HeadIsOpen = false, TieWordEmbeddings = !names.Contains("lm_head.weight") } : this;

    /// <summary>Starts as in the paper's program: queries carry the 1 / √D that scores lack.</summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        yield return new(SharedTable, [VocabSize, DModel], Normal(1), ParameterRole.Embedding);
        foreach (var (stack, layers, decoder) in ((string, int, bool)[])[("encoder", NumLayers, false), ("decoder", DecoderLayerCount, true)])
        {
            for (var layer = 0; layer < layers; layer++)
            {
                var part = 0;
                string Prefix() => $"{stack}.block.{layer}.layer.{part}.";
                foreach (var spec in Attention(Prefix() + "SelfAttention", layer == 0)) yield return spec;
                yield return Gain(Prefix() + "layer_norm");
                part++;
                if (decoder)
                {
                    foreach (var spec in Attention(Prefix() + "EncDecAttention", false)) yield return spec;
                    yield return Gain(Prefix() + "layer_norm");
                    part++;
                }
                foreach (var name in IsGatedAct ? (string[])["wi_0", "wi_1"] : ["wi"]) yield return Matrix($"{Prefix()}DenseReluDense.{name}", DFf, DModel, DModel);
                yield return Matrix(Prefix() + "DenseReluDense.wo", DModel, DFf, DFf);
                yield return Gain(Prefix() + "layer_norm");
            }
            yield return Gain($"{stack}.final_layer_norm");
        }
        if (!TieWordEmbeddings) yield return new("lm_head.weight", [VocabSize, DModel], Normal(1), ParameterRole.Head);
    }

    protected override IEnumerable<string> Faults()
    {
        foreach (var fault in NotPositive(
            ("vocab_size", VocabSize), ("d_model", DModel), ("d_kv", DKv), ("d_ff", DFf), ("num_layers", NumLayers), ("num_decoder_layers", DecoderLayerCount), ("num_heads", NumHeads))) yield return fault;
        foreach (var fault in OutOfRange("layer_norm_epsilon", LayerNormEpsilon, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_factor", InitializerFactor, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("dropout_rate", DropoutRate, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        if (RelativeAttentionNumBuckets < 4) yield return $"relative_attention_num_buckets is {RelativeAttentionNumBuckets}; allowed: 4 or more.";
        else if (RelativeAttentionMaxDistance <= RelativeAttentionNumBuckets / 2)
            yield return $"relative_attention_max_distance is {RelativeAttentionMaxDistance}; allowed: above half of the {RelativeAttentionNumBuckets} buckets (relative_attention_num_buckets).";
        if ((long)NumHeads * DKv > int.MaxValue) yield return $"num_heads {NumHeads} times d_kv {DKv} is above {int.MaxValue}.";
    }

    public override EncoderDecoderModel Build(Placement placement, ulong? seed) => new T5Model(this, placement, seed);

    public override JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray("T5ForConditionalGeneration"),
            ["model_type"] = ModelType,
            ["vocab_size"] = VocabSize,
            ["d_model"] = DModel,
            ["d_kv"] = DKv,
            ["d_ff"] = DFf,
            ["num_layers"] = NumLayers,
            ["num_decoder_layers"] = DecoderLayerCount,
            ["num_heads"] = NumHeads,
            ["relative_attention_num_buckets"] = RelativeAttentionNumBuckets,
            ["relative_attention_max_distance"] = RelativeAttentionMaxDistance,
            ["dropout_rate"] = DropoutRate,
            ["layer_norm_epsilon"] = LayerNormEpsilon,
            ["initializer_factor"] = InitializerFactor,
            ["feed_forward_proj"] = FeedForward.Of(DenseActFn, IsGatedAct),
            ["dense_act_fn"] = ActivationNames.Of(DenseActFn),
            ["is_gated_act"] = IsGatedAct,
            ["tie_word_embeddings"] = TieWordEmbeddings,
            ["scale_decoder_outputs"] = ScaleDecoderOutputs,
        };
        AddIds(json);
        json["dtype"] = "float32";
        return json;
    }

    // How long the texts of the first training were; what the first program gave out; the heads of other tasks.
    private static readonly ConfigKey[] _withoutBearing = [.. ConfigKey.Counts(1, "n_positions"), .. ConfigKey.Flags("output_past"), .. ConfigKey.Numbers("classifier_dropout")];

    internal static T5Config FromJson(ConfigReader fields)
    {
        CheckKind(fields);
        var tied = fields.Flag("tie_word_embeddings", true);
        var (activation, gated) = FeedForward.Read(fields);
        var layers = fields.Integer("num_layers", 6);
        var config = new T5Config
        {
            VocabSize = fields.Integer("vocab_size", 32128),
            DModel = fields.Integer("d_model", 512),
            DKv = fields.Integer("d_kv", 64),
            DFf = fields.Integer("d_ff", 2048),
            NumLayers = layers,
            NumDecoderLayers = fields.OptionalInteger("num_decoder_layers") ?? layers,
            NumHeads = fields.Integer("num_heads", 8),
            RelativeAttentionNumBuckets = fields.Integer("relative_attention_num_buckets", 32),
            RelativeAttentionMaxDistance = fields.Integer("relative_attention_max_distance", 128),
            DropoutRate = fields.Number("dropout_rate", 0.1, 0, 1),
            LayerNormEpsilon = fields.Number("layer_norm_epsilon", 1e-6, min: 0),
            InitializerFactor = fields.Number("initializer_factor", 1, min: 0),
            DenseActFn = activation,
            IsGatedAct = gated,
            TieWordEmbeddings = tied,
            ScaleDecoderOutputs = fields.Flag("scale_decoder_outputs", tied),
            PadTokenId = fields.OptionalInteger("pad_token_id", 0) ?? 0,
            DecoderStartTokenId = fields.OptionalInteger("decoder_start_token_id", 0),
        };
        fields.Skip(_withoutBearing);
        return config with { HeadIsOpen = tied && !config.ScaleDecoderOutputs };
    }

    private ParameterSpec[] Attention(string name, bool positions) =>
    [
        new($"{name}.q.weight", [AttentionWidth, DModel], Normal(Math.Pow((double)DModel * DKv, -0.5)), ParameterRole.Matrix),
        Matrix($"{name}.k", AttentionWidth, DModel, DModel),
        Matrix($"{name}.v", AttentionWidth, DModel, DModel),
        Matrix($"{name}.o", DModel, AttentionWidth, AttentionWidth),
        .. positions
            ? [new($"{name}.relative_attention_bias.weight", [RelativeAttentionNumBuckets, NumHeads], Normal(Math.Pow(DModel, -0.5)), ParameterRole.Vector)] : (ParameterSpec[])[],
    ];

    private ParameterSpec Matrix(string name, int outputs, int inputs, int fan) => new($"{name}.weight", [outputs, inputs], Normal(Math.Pow(fan, -0.5)), ParameterRole.Matrix);

    private ParameterSpec Gain(string name) => new($"{name}.weight", [DModel], Initializer.Ones, ParameterRole.Vector);

    private Initializer Normal(double deviation) => Initializer.Normal(InitializerFactor * deviation);
}
