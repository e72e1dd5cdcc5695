using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Gpt2;

/// <summary>GPT-2: learned positions, layer normalization before each part, GELU, a tied head as published.</summary>
internal sealed class Gpt2Model : CausalModel
{
    // B batch, T tokens, E width, H heads, D head size (E = H · D), I feed-forward width

    private readonly Gpt2Config _config;
    private readonly Gpt2Layer[] _layers;
    private readonly Block[] _blocks;
    private readonly Parameter _finalGain, _finalBias, _positions;

    public Gpt2Model(Gpt2Config config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["transformer.wte.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["lm_head.weight"];
        _positions = this["transformer.wpe.weight"];
        _finalGain = this["transformer.ln_f.weight"];
        _finalBias = this["transformer.ln_f.bias"];
        _layers = [.. Enumerable.Range(0, config.NLayer).Select(layer => new Gpt2Layer(this, layer))];
        _blocks = [.. Enumerable.Range(0, config.NLayer).Select(layer => new Block(this, layer))];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    public override ModelCache NewCache(long batch, long capacity) => new KvCache(Config.Layers, batch, _config.NHead, capacity, HeadSize, Placement);

    private long HeadSize => _config.NEmbd / _config.NHead;

    protected override Tensor Embed(Tensor ids, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = EmbeddingTable.Lookup(TokenEmbedding, ids);                        // (B, T, E)
        var places = EmbeddingTable.Lookup(_positions, PositionIds(ids, context));      // (B or 1, T, E)
        using var guard = no_grad();
        return tokens.add_(places).MoveToOuterDisposeScope();
    }

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var bias = Attention.Bias(context, tokens, Placement);
        x = Dropout.Apply(x, _config.EmbdPdrop, context);
        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var block = _blocks[layer];
            x = ThroughLayer(layer, context, read => block.Forward(read[0]!, context, read[1]), x, bias);
        }
        context.Cache?.Advance(tokens);
        return LayerNorm(x, _finalGain, _finalBias).MoveToOuterDisposeScope();
    }

    protected override bool TakesCheckpoints => true;

    internal override bool TellsStates => true;

    protected override bool AddsToStream => true;

    private protected override ITrainingPass? NewTrainingPass(long tokens, ForwardContext context)
    {
        var drops = context.Training && (_config.EmbdPdrop > 0 || _config.AttnPdrop > 0 || _config.ResidPdrop > 0);
        return HasTrainingPass(context) && !drops && Activation.HasKernel(_config.ActivationFunction) ? new Gpt2TrainingPass(_config, _layers, _finalGain, _finalBias, tokens, CheckpointedLayers) : null;
    }

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context)
    {
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);
        using var positions = PositionIds(ids, context);
        using var summed = positions.shape[0] == 1 ? gradient.sum([0L], keepdim: true) : gradient.alias();
        EmbeddingTable.AccumulateGradient(_positions, positions, summed);
    }

    /// <summary>(1, T), or (B, T) where the caller gave positions.</summary>
    private static Tensor PositionIds(Tensor ids, ForwardContext context) =>
        context.Positions?.alias() ?? arange(context.Past, context.Past + ids.shape[1], dtype: ScalarType.Int64, device: ids.device).unsqueeze(0);

    private Tensor LayerNorm(Tensor x, Parameter gain, Parameter bias) =>
        nn.functional.layer_norm(x, [_config.NEmbd], gain.Value, bias.Value, _config.LayerNormEpsilon);

    private sealed class Block(Gpt2Model model, int layer)
    {
        private readonly Gpt2Layer _layer = model._layers[layer];

        public Tensor Forward(Tensor x, ForwardContext context, Tensor? bias)
        {
            var config = model._config;
            var h = model.LayerNorm(x, _layer.AttentionGain, _layer.AttentionBias);                         // (B, T, E)
            var qkv = Linear.ApplyTransposed(h, _layer.Qkv, _layer.QkvBias)                     // (B, T, 3E)
                .view(x.shape[0], x.shape[1], 3, config.NHead, model.HeadSize).unbind(2);
            var y = Attention.Apply(qkv[0], qkv[1], qkv[2], context, layer, bias, config.AttnPdrop, config.ScalesPlainly ? null : config.AttentionScale(layer));
            x = x + Dropout.Apply(Linear.ApplyTransposed(y, _layer.Out, _layer.OutBias), config.ResidPdrop, context);
            h = model.LayerNorm(x, _layer.MlpGain, _layer.MlpBias);
            h = Activation.Apply(Linear.ApplyTransposed(h, _layer.Up, _layer.UpBias), config.ActivationFunction);   // (B, T, I)
            return x + Dropout.Apply(Linear.ApplyTransposed(h, _layer.Down, _layer.DownBias), config.ResidPdrop, context);
        }
    }
}
