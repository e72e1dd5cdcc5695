using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Llama;

/// <summary>Llama and Qwen3: see <see cref="LlamaConfig"/>.</summary>
internal sealed class LlamaModel : CausalModel
{
    // B batch, T tokens, E width, H query heads, K key/value heads, D head size, I feed-forward width

    private readonly LlamaConfig _config;
    private readonly LlamaLayer[] _layers;
    private readonly Block[] _blocks;
    private readonly Parameter _norm;
    private readonly RotaryEmbedding _rotary;

    public LlamaModel(LlamaConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["model.embed_tokens.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["lm_head.weight"];
        _norm = this["model.norm.weight"];
        _rotary = new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, config.RopeParameters, placement.Device);
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new LlamaLayer(this, layer))];
        _blocks = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new Block(this, layer))];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    protected internal override long PositionRegime(long length) => _rotary.Regime(length);

    public override ModelCache NewCache(long batch, long capacity) => new KvCache(Config.Layers, batch, _config.KeyValueHeads, capacity, HeadSize, Placement);

    private long HeadSize => _config.HeadSize;

    protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(TokenEmbedding, ids);

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var bias = Attention.Bias(context, tokens, Placement);
        foreach (var block in _blocks) x = block.Forward(x, context, bias);
        context.Cache?.Advance(tokens);
        return RmsNorm.Apply(x, _norm.Value, _config.RmsNormEps).MoveToOuterDisposeScope();
    }

    private protected override ITrainingPass? NewTrainingPass(long tokens, ForwardContext context) =>
        HasTrainingPass(context) && _config is { AttentionBias: false, MlpBias: false } && (_config.AttentionDropout == 0 || !context.Training) && Activation.HasKernel(_config.HiddenAct)
            ? new LlamaTrainingPass(_config, _layers, _norm, _rotary, tokens)
            : null;

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) =>
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);

    protected override void DisposeTables() => _rotary.Dispose();

    private sealed class Block(LlamaModel model, int layer)
    {
        private readonly LlamaLayer _layer = model._layers[layer];

        public Tensor Forward(Tensor x, ForwardContext context, Tensor? bias)
        {
            var config = model._config;
            var h = RmsNorm.Apply(x, _layer.AttentionNorm.Value, config.RmsNormEps);          // (B, T, E)
            var q = Rotate(Heads(Linear.Apply(h, _layer.Query.Value, _layer.QueryBias?.Value)), _layer.QueryNorm, context);  // (B, T, H, D)
            var k = Rotate(Heads(Linear.Apply(h, _layer.Key.Value, _layer.KeyBias?.Value)), _layer.KeyNorm, context);      // (B, T, K, D)
            var v = Heads(Linear.Apply(h, _layer.Value.Value, _layer.ValueBias?.Value));                               // (B, T, K, D)
            x = x + Linear.Apply(Attention.Apply(q, k, v, context, layer, bias, config.AttentionDropout), _layer.Out.Value, _layer.OutBias?.Value);
            h = RmsNorm.Apply(x, _layer.MlpNorm.Value, config.RmsNormEps);
            h = Activation.Gated(Linear.Apply(h, _layer.Gate.Value, _layer.GateBias?.Value), Linear.Apply(h, _layer.Up.Value, _layer.UpBias?.Value), config.HiddenAct);   // (B, T, I)
            return x + Linear.Apply(h, _layer.Down.Value, _layer.DownBias?.Value);
        }

        private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], -1, model.HeadSize);

        private Tensor Rotate(Tensor x, Parameter? norm, ForwardContext context) =>
            model._rotary.Apply(x, context.Positions, context.Past, norm?.Value, model._config.RmsNormEps);
    }
}
