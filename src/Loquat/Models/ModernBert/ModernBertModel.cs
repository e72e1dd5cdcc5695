using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.ModernBert;

/// <summary>ModernBERT: see <see cref="ModernBertConfig"/>.</summary>
internal sealed class ModernBertModel : EncoderModel
{
    // B batch, T tokens, E width, H heads, D head size (E = H · D), I feed-forward width

    private readonly ModernBertConfig _config;
    private readonly Parameter _tokens;
    private readonly RotaryEmbedding _global, _local;

    public ModernBertModel(ModernBertConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        _tokens = this[ModernBertConfig.TokenTable];
        _global = new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, config.GlobalRope, placement.Device);
        _local = new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, config.LocalRope, placement.Device);
    }

    protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(_tokens, ids);

    protected override bool TakesCheckpoints => true;

    protected override bool AddsToStream => true;

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var all = Attention.Bias(context, tokens, Placement, causal: false);
        var nearby = Attention.Bias(context, tokens, Placement, causal: false, window: _config.LocalAttention / 2);
        x = Dropout.Apply(Normalize(x, "model.embeddings.norm"), _config.EmbeddingDropout, context);
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
        {
            var index = layer;
            x = ThroughLayer(layer, context, read => Forward(index, read[0]!, context, read[1]), x, _config.IsLocal[layer] ? nearby : all);
        }
        return Normalize(x, "model.final_norm").MoveToOuterDisposeScope();
    }

    private Tensor Forward(int layer, Tensor x, ForwardContext context, Tensor? bias)
    {
        var prefix = $"model.layers.{layer}.";
        var rotary = _config.IsLocal[layer] ? _local : _global;
        var h = layer == 0 ? x : Normalize(x, prefix + "attn_norm");                                // (B, T, E)
        var qkv = Apply(h, prefix + "attn.Wqkv").view(x.shape[0], x.shape[1], 3, -1, _config.HeadSize).unbind(2);
        var q = rotary.Apply(qkv[0], context.Positions, 0, null, 0);                                // (B, T, H, D)
        var k = rotary.Apply(qkv[1], context.Positions, 0, null, 0);
        var y = Attention.Apply(q, k, qkv[2], context, layer, bias, _config.AttentionDropout, causal: false);
        x = x + Dropout.Apply(Apply(y, prefix + "attn.Wo"), _config.AttentionDropout, context);
        h = Normalize(x, prefix + "mlp_norm");
        var halves = Apply(h, prefix + "mlp.Wi").chunk(2, -1);                                      // (B, T, I) each
        h = Dropout.Apply(Activation.Gated(halves[0], halves[1], _config.HiddenActivation), _config.MlpDropout, context);
        return x + Apply(h, prefix + "mlp.Wo");
    }

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) => AccumulateTokenGradients(_tokens, ids, gradient);

    protected override void DisposeTables()
    {
        _global.Dispose();
        _local.Dispose();
    }

    private Tensor Apply(Tensor x, string name) => Linear.Apply(x, this[$"{name}.weight"], Find($"{name}.bias"));

    private Tensor Normalize(Tensor x, string name) => nn.functional.layer_norm(x, [x.shape[^1]], this[$"{name}.weight"].Value, Find($"{name}.bias")?.Value, _config.NormEps);
}
