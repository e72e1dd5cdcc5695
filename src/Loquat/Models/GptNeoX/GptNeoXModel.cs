using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.GptNeoX;

/// <summary>GPT-NeoX: see <see cref="GptNeoXConfig"/>.</summary>
internal sealed class GptNeoXModel : CausalModel
{
    // B batch, T tokens, E width, H heads, D head size, I feed-forward width

    private readonly GptNeoXConfig _config;
    private readonly Layer[] _layers;
    private readonly Affine _finalNorm;
    private readonly RotaryEmbedding _rotary;

    public GptNeoXModel(GptNeoXConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["gpt_neox.embed_in.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["embed_out.weight"];
        _finalNorm = Find("gpt_neox.final_layer_norm.", "");
        _rotary = new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, config.RopeParameters, placement.Device);
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => $"gpt_neox.layers.{layer}.").Select(prefix => new Layer(
            Find(prefix, "input_layernorm."), Find(prefix, "attention.query_key_value."), Find(prefix, "attention.dense."),
            Find(prefix, "post_attention_layernorm."), Find(prefix, "mlp.dense_h_to_4h."), Find(prefix, "mlp.dense_4h_to_h.")))];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    protected internal override long PositionRegime(long length) => _rotary.Regime(length);

    public override ModelCache NewCache(long batch, long capacity) => new KvCache(Config.Layers, batch, _config.NumAttentionHeads, capacity, _config.HeadSize, Placement);

    protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(TokenEmbedding, ids);

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) =>
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);

    protected override bool TakesCheckpoints => true;

    internal override bool TellsStates => true;

    protected override bool AddsToStream => true;

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var bias = Attention.Bias(context, tokens, Placement);
        x = Dropout.Apply(x, _config.HiddenDropout, context);
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            var index = layer;
            x = ThroughLayer(layer, context, read => Block(read[0]!, index, context, read[1]), x, bias);
        }
        context.Cache?.Advance(tokens);
        return Norm(x, _finalNorm).MoveToOuterDisposeScope();
    }

    private Tensor Block(Tensor x, int layer, ForwardContext context, Tensor? bias)
    {
        var parts = _layers[layer];
        var attended = Dropout.Apply(Attend(Norm(x, parts.AttentionNorm), layer, context, bias), _config.HiddenDropout, context);
        var after = x + attended;                                                   // (B, T, E)
        var h = parts.Up.Apply(Norm(_config.UseParallelResidual ? x : after, parts.MlpNorm));   // (B, T, I)
        return after + Dropout.Apply(parts.Down.Apply(Activation.Apply(h, _config.HiddenAct)), _config.HiddenDropout, context);
    }

    private Tensor Attend(Tensor x, int layer, ForwardContext context, Tensor? bias)
    {
        // Each head's query, key and value lie side by side.
        var qkv = _layers[layer].QueryKeyValue.Apply(x).view(x.shape[0], x.shape[1], _config.NumAttentionHeads, 3, _config.HeadSize).unbind(3);
        var q = _rotary.Apply(qkv[0], context.Positions, context.Past, null, 0);        // (B, T, H, D)
        var k = _rotary.Apply(qkv[1], context.Positions, context.Past, null, 0);
        return _layers[layer].Out.Apply(Attention.Apply(q, k, qkv[2], context, layer, bias, _config.AttentionDropout));
    }

    private Tensor Norm(Tensor x, Affine norm) => nn.functional.layer_norm(x, [_config.HiddenSize], norm.Weight.Value, norm.Bias!.Value, _config.LayerNormEps);

    private Affine Find(string prefix, string name) => new(this[prefix + name + "weight"], Find(prefix + name + "bias"));

    protected override void DisposeTables() => _rotary.Dispose();

    /// <summary>The parameters of one layer; those of normalizations are gain and offset.</summary>
    private sealed record Layer(Affine AttentionNorm, Affine QueryKeyValue, Affine Out, Affine MlpNorm, Affine Up, Affine Down);
}
