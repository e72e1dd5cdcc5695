using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.T5;

/// <summary>T5: see <see cref="T5Config"/>.</summary>
internal sealed class T5Model : EncoderDecoderModel
{
    // B batch, S tokens read, T tokens of either text, E width, H heads

    private readonly T5Config _config;
    private readonly Stack _encoder, _decoder;
    private readonly Parameter _table;

    public T5Model(T5Config config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        _table = this["shared.weight"];
        Head = config.TieWordEmbeddings ? _table : this["lm_head.weight"];
        _encoder = new(this, config.NumLayers, decoder: false);
        _decoder = new(this, config.DecoderLayerCount, decoder: true);
    }

    public override Parameter Head { get; }

    public override ModelCache NewCache(EncoderOutput source, long capacity)
    {
        using var scope = NewDisposeScope();
        var own = new KvCache(_config.DecoderLayerCount, source.Hidden.shape[0], _config.NumHeads, capacity, _config.DKv, Placement);
        return new CrossCache(own, _decoder.Blocks.Select(block => block.Cross!.Project(source.Hidden)), EncoderOutput.Bias(source.Mask, Placement));
    }

    protected override Tensor Embed(Tensor ids, ForwardContext context, bool decoder) => EmbeddingTable.Lookup(_table, ids);

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, bool decoder) => EmbeddingTable.AccumulateGradient(_table, ids, gradient);

    protected override Tensor EncoderBlocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var mask = Attention.Bias(context, x.shape[1], Placement, causal: false);
        var bias = _encoder.Positions.Apply(_encoder.PositionTable.Value, 0, x.shape[1], x.shape[1], causal: false, mask, x.dtype);
        x = Dropout.Apply(x, _config.DropoutRate, context);
        for (var layer = 0; layer < _encoder.Blocks.Length; layer++)
        {
            var block = _encoder.Blocks[layer];
            x = ThroughLayer(layer, context, read => block.Forward(read[0]!, context, read[1]!, null), x, bias);
        }
        return Dropout.Apply(RmsNorm.Apply(x, _encoder.Norm.Value, _config.LayerNormEpsilon), _config.DropoutRate, context).MoveToOuterDisposeScope();
    }

    protected override bool TakesCheckpoints => true;

    protected override bool AddsToStream => true;

    protected override Tensor DecoderBlocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var (tokens, cache) = (x.shape[1], (CrossCache?)context.Cache);
        var sourceBias = cache is null ? EncoderOutput.Bias(context.Source!.Mask, Placement) : cache.MemoryBias;
        var bias = _decoder.Positions.Apply(_decoder.PositionTable.Value, context.Past, tokens, context.Past + tokens, causal: true, mask: null, x.dtype);
        var own = new ForwardContext { Training = context.Training, Cache = cache?.Self };
        x = Dropout.Apply(x, _config.DropoutRate, context);
        for (var layer = 0; layer < _decoder.Blocks.Length; layer++)
        {
            var block = _decoder.Blocks[layer];
            var memory = cache?.Memory(layer);
            x = ThroughLayer(layer, context, read => block.Forward(read[0]!, own, read[1]!, (memory ?? block.Cross!.Project(read[2]!), read[3])), x, bias, context.Source?.Hidden, sourceBias);
        }
        cache?.Self.Advance(tokens);
        cache?.Advance(tokens);
        x = Dropout.Apply(RmsNorm.Apply(x, _decoder.Norm.Value, _config.LayerNormEpsilon), _config.DropoutRate, context);
        return (_config.ScaleDecoderOutputs ? x * Math.Pow(_config.DModel, -0.5) : x).MoveToOuterDisposeScope();
    }

    /// <summary>The encoder or the decoder.</summary>
    private sealed class Stack(T5Model model, int layers, bool decoder)
    {
        private readonly string _prefix = decoder ? "decoder." : "encoder.";

        public T5Block[] Blocks { get; } = [.. Enumerable.Range(0, layers).Select(layer => new T5Block(model, model._config, layer, decoder))];

        public RelativePositionBias Positions { get; } = new(model._config.RelativeAttentionNumBuckets, model._config.RelativeAttentionMaxDistance, bidirectional: !decoder);

        /// <summary>(buckets, H): the first layer's, used by all.</summary>
        public Parameter PositionTable => field ??= model[_prefix + "block.0.layer.0.SelfAttention.relative_attention_bias.weight"];

        public Parameter Norm => field ??= model[_prefix + "final_layer_norm.weight"];
    }
}
