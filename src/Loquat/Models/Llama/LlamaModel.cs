using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Llama;

/// <summary>Llama and its kin: see <see cref="LlamaConfig"/>.</summary>
internal sealed class LlamaModel : CausalModel
{
    // B batch, T tokens, E width, H query heads, K key/value heads, D head size, I feed-forward width

    private readonly LlamaConfig _config;
    private readonly LlamaLayer[] _layers;
    private readonly Parameter _norm;
    private readonly RotaryEmbedding _rotary;
    private readonly RotaryEmbedding? _localRotary;

    public LlamaModel(LlamaConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["model.embed_tokens.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["lm_head.weight"];
        _norm = this["model.norm.weight"];
        _rotary = new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, config.RopeParameters, placement.Device);
        _localRotary = config.LocalRope is { } local ? new RotaryEmbedding(config.HeadSize, config.MaxPositionEmbeddings, local, placement.Device) : null;
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new LlamaLayer(this, config, layer))];
        Unreached = [.. _layers.SelectMany(layer => layer.Experts).SelectMany(expert => new[] { expert.Gate, expert.Up, expert.Down })];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    public override double? LogitCap => _config.FinalLogitSoftcapping;

    protected override IReadOnlyList<Parameter> Unreached { get; }

    protected internal override long PositionRegime(long length) => _rotary.Regime(length) + (_localRotary?.Regime(length) ?? 0);

    public override ModelCache NewCache(long batch, long capacity) => new KvCache(Config.Layers, batch, _config.KeyValueHeads, capacity, _config.HeadSize, Placement);

    protected override bool TakesCheckpoints => !_config.Traits.Experts;   // which tokens an expert had is counted once

    internal override bool TellsStates => true;

    protected override bool AddsToStream => !_config.Traits.Experts;

    protected override Tensor Embed(Tensor ids, ForwardContext context)
    {
        var rows = EmbeddingTable.Lookup(TokenEmbedding, ids);
        using var guard = no_grad();
        return _config.Traits.ScaledEmbedding ? rows.mul_(EmbeddingScale) : rows;
    }

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context)
    {
        using var scaled = _config.Traits.ScaledEmbedding ? gradient * EmbeddingScale : gradient.alias();
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, scaled);
    }

    private double EmbeddingScale => Math.Sqrt(_config.HiddenSize);

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var wide = Attention.Bias(context, tokens, Placement);
        var narrow = _config.SlidingWindow is { } window ? Attention.Bias(context, tokens, Placement, window: window) : null;
        var routing = _config is { Traits.Experts: true, OutputRouterLogits: true, RouterAuxLossCoef: > 0 } && context.Cache is null ? new List<Tensor>() : null;
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            var index = layer;
            x = ThroughLayer(layer, context, read => Block(read[0]!, index, context, read[1], routing), x, _config.Window(layer) is null ? wide : narrow);
        }
        context.Cache?.Advance(tokens);
        if (routing is not null)
            context.Auxiliary = (_config.RouterAuxLossCoef * Experts.BalanceLoss(cat(routing), _config.NumExpertsPerTok, Counted(context, tokens, routing.Count))).MoveToOuterDisposeScope();
        return Norm(x, _norm).MoveToOuterDisposeScope();
    }

    private Tensor Block(Tensor x, int layer, ForwardContext context, Tensor? bias, List<Tensor>? routing)
    {
        var parts = _layers[layer];
        var h = Attend(Norm(x, parts.AttentionNorm), layer, context, bias);
        x = x + Dropout.Apply(Norm(h, parts.AttentionEnd), _config.ResidPdrop, context);
        h = Norm(x, parts.MlpNorm);                                                 // (B, T, E)
        h = parts.Router is { } router ? Mix(h, router, parts.Experts, context, routing) : FeedForward(h, parts);
        return x + Dropout.Apply(Norm(h, parts.MlpEnd), _config.ResidPdrop, context);
    }

    private Tensor Attend(Tensor x, int layer, ForwardContext context, Tensor? bias)
    {
        var (parts, config) = (_layers[layer], _config);
        Tensor q, k, v;
        if (config.Traits.Fused)
        {
            long keys = config.KeyValueHeads * config.HeadSize;
            var all = parts.QueryKeyValue.Apply(x).split([config.AttentionWidth, keys, keys], -1);
            (q, k, v) = (all[0], all[1], all[2]);
        }
        else
        {
            (q, k, v) = (parts.Query.Apply(x), parts.Key.Apply(x), parts.Value.Apply(x));
        }
        if (config.Traits.QkNorm == HeadNorm.Together) (q, k) = (Norm(q, parts.QueryNorm), Norm(k, parts.KeyNorm));
        q = Rotate(Heads(q), parts.QueryNorm, layer, context);                          // (B, T, H, D)
        k = Rotate(Heads(k), parts.KeyNorm, layer, context);                            // (B, T, K, D)
        var y = Attention.Apply(q, k, Heads(v), context, layer, bias, new AttentionSettings
        {
            Dropout = config.AttentionDropout,
            Scale = config.AttentionScale,
            SoftCap = config.AttnLogitSoftcapping,
            Window = config.Window(layer),
        });
        return parts.Out.Apply(y);                                                      // (B, T, E)
    }

    private Tensor FeedForward(Tensor x, LlamaLayer parts)
    {
        if (!_config.Traits.Fused) return parts.Down.Apply(Activation.Gated(parts.Gate.Apply(x), parts.Up.Apply(x), _config.HiddenAct));
        var both = parts.GateUp.Apply(x).chunk(2, -1);                                  // (B, T, I) each
        return parts.Down.Apply(Activation.Gated(both[0], both[1], _config.HiddenAct));
    }

    private Tensor Mix(Tensor x, Parameter router, IReadOnlyList<Expert> experts, ForwardContext context, List<Tensor>? routing)
    {
        var rows = x.reshape(-1, x.shape[^1]);                                          // (N, E)
        if (context.Training && _config.RouterJitterNoise is > 0 and var noise) rows = rows * empty_like(rows).uniform_(1 - noise, 1 + noise, Randomness.For(rows.device));
        var logits = Linear.Apply(rows, router);                                  // (N, X)
        routing?.Add(logits);
        var (weights, chosen) = Experts.Route(logits, _config.NumExpertsPerTok);
        return Experts.Apply(rows, weights, chosen, experts, _config.HiddenAct).view(x.shape);
    }

    /// <summary>Which rows of all layers' routing are tokens: (layers · N), or null: all.</summary>
    private static Tensor? Counted(ForwardContext context, long tokens, int layers) =>
        context.AttentionMask is { } mask ? mask.narrow(1, mask.shape[1] - tokens, tokens).reshape(-1).repeat(layers) : null;

    private Tensor Norm(Tensor x, Parameter? gain) => gain is null ? x : RmsNorm.Apply(x, Gain(gain), _config.RmsNormEps);

    private Tensor Gain(Parameter gain) => _config.Traits.ShiftedGains ? gain.Value + 1 : gain.Value;

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], -1, _config.HeadSize);

    private Tensor Rotate(Tensor x, Parameter? norm, int layer, ForwardContext context)
    {
        var gain = norm is not null && _config.Traits.QkNorm == HeadNorm.Each ? Gain(norm) : null;
        if (!_config.Rotates(layer)) return gain is null ? x : RmsNorm.Apply(x, gain, _config.RmsNormEps);
        var rotary = _localRotary is not null && _config.Window(layer) is not null ? _localRotary : _rotary;
        return rotary.Apply(x, context.Positions, context.Past, gain, _config.RmsNormEps);
    }

    private protected override ITrainingPass? NewTrainingPass(long tokens, ForwardContext context) =>
        HasTrainingPass(context) && LlamaTrainingPass.Serves(_config, tokens, context.Training) ? new LlamaTrainingPass(_config, _layers, _norm, _rotary, tokens, CheckpointedLayers) : null;

    protected override void DisposeTables()
    {
        _rotary.Dispose();
        _localRotary?.Dispose();
    }
}
