using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Bert;

/// <summary>BERT and the encoders of its layers: learned positions, a layer normalization after each part, GELU.</summary>
internal sealed class BertModel : EncoderModel
{
    // B batch, T tokens, E width, H heads, D head size (E = H · D), I feed-forward width, W width of the tables

    private readonly BertConfig _config;
    private readonly BertLayer[] _layers;
    private readonly Parameter _tokens, _positions;
    private readonly Parameter? _types;

    public BertModel(BertConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        var tables = $"{config.Names.Base}embeddings.";
        _tokens = this[config.TokenTable];
        _positions = this[tables + "position_embeddings.weight"];
        _types = Find(tables + "token_type_embeddings.weight");
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new BertLayer(this, config, layer))];
    }

    private (Parameter Weight, Parameter Bias) TableNorm => Pair("embeddings.LayerNorm");

    protected override Tensor Embed(Tensor ids, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var sum = EmbeddingTable.Lookup(_tokens, ids);                                              // (B, T, W)
        using var guard = no_grad();
        sum.add_(EmbeddingTable.Lookup(_positions, PositionIds(ids, context)));                     // (B or 1, T, W)
        if (_types is not null) sum.add_(EmbeddingTable.Lookup(_types, TypeIds(ids, context)));
        return sum.MoveToOuterDisposeScope();
    }

    protected override bool TakesCheckpoints => true;

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var bias = Attention.Bias(context, x.shape[1], Placement, causal: false);
        x = Dropout.Apply(Normalize(x, TableNorm), _config.HiddenDropoutProb, context);
        if (_config.TableWidth != _config.HiddenSize) x = Apply(x, Pair("embeddings_project"));     // (B, T, E)
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            var parts = _layers[layer];
            x = ThroughLayer(layer, context, read => Forward(parts, read[0]!, context, read[1]), x, bias);
        }
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Forward(BertLayer layer, Tensor x, ForwardContext context, Tensor? bias)
    {
        var y = Attention.Apply(Heads(Apply(x, layer.Query)), Heads(Apply(x, layer.Key)), Heads(Apply(x, layer.Value)), context, 0, bias, _config.AttentionProbsDropoutProb, causal: false);
        y = Apply(y, layer.Out);
        // DistilBERT drops nothing of what attention adds.
        x = Normalize(x + (_config.Variant == BertVariant.DistilBert ? y : Dropout.Apply(y, _config.HiddenDropoutProb, context)), layer.AttentionNorm);
        var h = Activation.Apply(Apply(x, layer.Up), _config.HiddenAct);                            // (B, T, I)
        return Normalize(x + Dropout.Apply(Apply(h, layer.Down), _config.HiddenDropoutProb, context), layer.OutputNorm);
    }

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        AccumulateTokenGradients(_tokens, ids, gradient);
        if (_types is not null) EmbeddingTable.AccumulateGradient(_types, TypeIds(ids, context), gradient);
        if (_config.SinusoidalPosEmbds)
        {
            if (_positions.Trains) _positions.Value.grad ??= zeros_like(_positions.Value);
            return;
        }
        // RoBERTa's row of padding is not trained.
        if (_config.FirstPosition > 0 && _config.PadTokenId is { } pad) gradient = gradient.masked_fill(ids.eq(pad).unsqueeze(-1), 0);
        var positions = PositionIds(ids, context);
        EmbeddingTable.AccumulateGradient(_positions, positions, positions.shape[0] == 1 ? gradient.sum([0L], keepdim: true) : gradient);
    }

    /// <summary>(1, T), or (B, T) where they differ from row to row.</summary>
    private Tensor PositionIds(Tensor ids, ForwardContext context)
    {
        var first = _config.FirstPosition;
        if (context.Positions is { } given) return given + first;
        if (first == 0) return arange(ids.shape[1], dtype: ScalarType.Int64, device: ids.device).unsqueeze(0);
        return PositionsOf(ids, first - 1);
    }

    /// <summary>Counted over what is no padding; padding has the row of its own token (Liu et al.'s program).</summary>
    /// <returns>(B, T).</returns>
    internal static Tensor PositionsOf(Tensor ids, long padding)
    {
        using var scope = NewDisposeScope();
        var tokens = ids.ne(padding).to(ScalarType.Int64);
        return (tokens.cumsum(1) * tokens + padding).MoveToOuterDisposeScope();
    }

    private static Tensor TypeIds(Tensor ids, ForwardContext context) => context.TokenTypeIds?.alias() ?? zeros_like(ids);

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _config.NumAttentionHeads, -1);

    private static Tensor Apply(Tensor x, (Parameter Weight, Parameter Bias) map) => Linear.Apply(x, map.Weight, map.Bias);

    private Tensor Normalize(Tensor x, (Parameter Weight, Parameter Bias) norm) => nn.functional.layer_norm(x, [x.shape[^1]], norm.Weight.Value, norm.Bias.Value, _config.LayerNormEps);

    private (Parameter, Parameter) Pair(string name) => (this[$"{_config.Names.Base}{name}.weight"], this[$"{_config.Names.Base}{name}.bias"]);
}
