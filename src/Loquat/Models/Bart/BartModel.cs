using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Bart;

/// <summary>BART and Marian: see <see cref="BartConfig"/>.</summary>
internal sealed class BartModel : EncoderDecoderModel
{
    // B batch, S tokens read, T tokens of either text, E width

    private readonly BartConfig _config;
    private readonly Stack _encoder, _decoder;
    private readonly Tensor? _sinusoids;    // (positions, E)

    public BartModel(BartConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        _encoder = new(this, decoder: false);
        _decoder = new(this, decoder: true);
        Head = config.TieWordEmbeddings ? _decoder.Table : this["lm_head.weight"];
        if (!config.SinusoidalPositions) return;
        using var scope = NewDisposeScope();
        _sinusoids = Loquat.Layers.SinusoidalPositions.Table(config.MaxPositionEmbeddings, config.DModel, SinusoidalForm.Halves).to(placement.Compute).to(placement.Device).DetachFromDisposeScope();
    }

    public override Parameter Head { get; }

    protected override Parameter LogitsBias => Buffers[0];

    public override ModelCache NewCache(EncoderOutput source, long capacity)
    {
        using var scope = NewDisposeScope();
        var own = new KvCache(_config.DecoderLayers, source.Hidden.shape[0], _config.DecoderAttentionHeads, capacity, _config.DModel / _config.DecoderAttentionHeads, Placement);
        return new CrossCache(own, _decoder.Blocks.Select(block => block.Cross!.Project(source.Hidden)), EncoderOutput.Bias(source.Mask, Placement));
    }

    protected override Tensor Embed(Tensor ids, ForwardContext context, bool decoder)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (stack, past) = (decoder ? _decoder : _encoder, decoder ? context.Past : 0);
        var tokens = EmbeddingTable.Lookup(stack.Table, ids);                                                   // (B, T, E)
        if (_config.ScaleEmbedding) tokens.mul_(Math.Sqrt(_config.DModel));
        var places = _sinusoids?.narrow(0, past, ids.shape[1]) ?? stack.Positions!.Value.narrow(0, past + BartConfig.PositionOffset, ids.shape[1]);
        return tokens.add_(places).MoveToOuterDisposeScope();
    }

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, bool decoder)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var stack = decoder ? _decoder : _encoder;
        if (stack.Positions is { } table)
        {
            var positions = arange(BartConfig.PositionOffset, BartConfig.PositionOffset + ids.shape[1], dtype: ScalarType.Int64, device: ids.device).unsqueeze(0);
            EmbeddingTable.AccumulateGradient(table, positions, gradient.sum([0L], keepdim: true));
        }
        EmbeddingTable.AccumulateGradient(stack.Table, ids, _config.ScaleEmbedding ? gradient * Math.Sqrt(_config.DModel) : gradient);
    }

    protected override Tensor EncoderBlocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var bias = Attention.Bias(context, x.shape[1], Placement, causal: false);
        x = _encoder.Begin(x, context);
        for (var layer = 0; layer < _encoder.Blocks.Length; layer++)
        {
            if (LeavesOut(_config.EncoderLayerdrop, context)) continue;
            var block = _encoder.Blocks[layer];
            x = ThroughLayer(layer, context, read => block.Forward(read[0]!, context, read[1], null), x, bias);
        }
        return x.MoveToOuterDisposeScope();
    }

    protected override bool TakesCheckpoints => true;

    protected override bool TakesLayerDrop => false;

    protected override string? LayerDropKeys => "model.encoder_layerdrop and model.decoder_layerdrop";

    protected override Tensor DecoderBlocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var (tokens, cache) = (x.shape[1], (CrossCache?)context.Cache);
        var sourceBias = cache is null ? EncoderOutput.Bias(context.Source!.Mask, Placement) : cache.MemoryBias;
        var own = new ForwardContext { Training = context.Training, Cache = cache?.Self };
        var bias = Attention.Bias(own, tokens, Placement);
        x = _decoder.Begin(x, context);
        for (var layer = 0; layer < _decoder.Blocks.Length; layer++)
        {
            if (LeavesOut(_config.DecoderLayerdrop, context)) continue;
            var block = _decoder.Blocks[layer];
            var memory = cache?.Memory(layer);
            x = ThroughLayer(layer, context, read => block.Forward(read[0]!, own, read[1], (memory ?? block.Cross!.Project(read[2]!), read[3])), x, bias, context.Source?.Hidden, sourceBias);
        }
        cache?.Self.Advance(tokens);
        cache?.Advance(tokens);
        return x.MoveToOuterDisposeScope();
    }

    protected override void DisposeTables() => _sinusoids?.Dispose();

    private static bool LeavesOut(double probability, ForwardContext context) => context.Training && probability > 0 && Randomness.Happens(probability);

    /// <summary>The encoder or the decoder.</summary>
    private sealed class Stack(BartModel model, bool decoder)
    {
        private readonly string _prefix = decoder ? "model.decoder." : "model.encoder.";
        private readonly BartBlock.Norm? _norm = model._config.SinusoidalPositions ? null : new(model, decoder ? "model.decoder.layernorm_embedding" : "model.encoder.layernorm_embedding");

        public BartBlock[] Blocks { get; } =
            [.. Enumerable.Range(0, decoder ? model._config.DecoderLayers : model._config.EncoderLayers).Select(layer => new BartBlock(model, model._config, layer, decoder))];

        /// <summary>(V, E).</summary>
        public Parameter Table { get; } = model[model._config.Table(decoder)];

        /// <summary>(positions + 2, E), where they are learned.</summary>
        public Parameter? Positions => field ??= model.Find(_prefix + "embed_positions.weight");

        public Tensor Begin(Tensor x, ForwardContext context) => Dropout.Apply(_norm?.Apply(x) ?? x, model._config.Dropout, context);
    }
}
