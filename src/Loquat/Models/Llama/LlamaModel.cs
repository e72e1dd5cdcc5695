using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Llama;

/// <summary>Llama and Qwen3: see <see cref="LlamaConfig"/>.</summary>
internal sealed class LlamaModel : CausalModel
{
    // B batch, T tokens, E width, H query heads, K key/value heads, D head size, I feed-forward width

    private readonly LlamaConfig _config;
    private readonly Block[] _blocks;
    private readonly Parameter _norm;
    private readonly RotaryEmbedding _rotary;

    public LlamaModel(LlamaConfig config, Placement placement, ulong seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["model.embed_tokens.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["lm_head.weight"];
        _norm = this["model.norm.weight"];
        _rotary = new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, config.RopeTheta, placement.Device);
        _blocks = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new Block(this, layer))];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    private protected override long KeyValueHeads => _config.KeyValueHeads;

    private protected override long HeadSize => _config.HeadSize;

    private protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(TokenEmbedding, ids);

    private protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var bias = Attention.Bias(context, tokens, Placement);
        foreach (var block in _blocks) x = block.Forward(x, context, bias);
        context.Cache?.Advance(tokens);
        return RmsNorm.Apply(x, _norm.Value, _config.RmsNormEps).MoveToOuterDisposeScope();
    }

    private protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) =>
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);

    private protected override void DisposeTables() => _rotary.Dispose();

    private sealed class Block(LlamaModel model, int layer)
    {
        private readonly Parameter _attentionNorm = model[$"model.layers.{layer}.input_layernorm.weight"];
        private readonly Parameter _query = model[$"model.layers.{layer}.self_attn.q_proj.weight"];
        private readonly Parameter _key = model[$"model.layers.{layer}.self_attn.k_proj.weight"];
        private readonly Parameter _value = model[$"model.layers.{layer}.self_attn.v_proj.weight"];
        private readonly Parameter? _queryNorm = model._config.QkNorm ? model[$"model.layers.{layer}.self_attn.q_norm.weight"] : null;
        private readonly Parameter? _keyNorm = model._config.QkNorm ? model[$"model.layers.{layer}.self_attn.k_norm.weight"] : null;
        private readonly Parameter _out = model[$"model.layers.{layer}.self_attn.o_proj.weight"];
        private readonly Parameter _mlpNorm = model[$"model.layers.{layer}.post_attention_layernorm.weight"];
        private readonly Parameter _gate = model[$"model.layers.{layer}.mlp.gate_proj.weight"];
        private readonly Parameter _up = model[$"model.layers.{layer}.mlp.up_proj.weight"];
        private readonly Parameter _down = model[$"model.layers.{layer}.mlp.down_proj.weight"];

        public Tensor Forward(Tensor x, ForwardContext context, Tensor? bias)
        {
            var config = model._config;
            var h = RmsNorm.Apply(x, _attentionNorm.Value, config.RmsNormEps);          // (B, T, E)
            var q = Rotate(Heads(Linear.Apply(h, _query.Value)), _queryNorm, context);  // (B, T, H, D)
            var k = Rotate(Heads(Linear.Apply(h, _key.Value)), _keyNorm, context);      // (B, T, K, D)
            var v = Heads(Linear.Apply(h, _value.Value));                               // (B, T, K, D)
            x = x + Linear.Apply(Attention.Apply(q, k, v, context, layer, bias), _out.Value);
            h = RmsNorm.Apply(x, _mlpNorm.Value, config.RmsNormEps);
            h = Activation.Gated(Linear.Apply(h, _gate.Value), Linear.Apply(h, _up.Value), config.HiddenAct);   // (B, T, I)
            return x + Linear.Apply(h, _down.Value);
        }

        private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], -1, model.HeadSize);

        private Tensor Rotate(Tensor x, Parameter? norm, ForwardContext context) =>
            model._rotary.Apply(x, context.Positions, context.Past, norm?.Value, model._config.RmsNormEps);
    }
}
