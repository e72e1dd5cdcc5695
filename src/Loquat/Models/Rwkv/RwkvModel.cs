using Loquat.Layers;
using Loquat.Layers.StateSpace;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Rwkv;

/// <summary>RWKV-4: see <see cref="RwkvConfig"/>. The cache is the state: the sums of each mean, and the last token that each part of a layer has seen.</summary>
internal sealed class RwkvModel : CausalModel
{
    // B batch, T tokens, E width, C channels of the mean, I feed-forward width

    private const int Sums = 0, LastOfMean = 1, LastOfFeedForward = 2;  // parts of a layer's state

    private readonly RwkvConfig _config;

    public RwkvModel(RwkvConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["rwkv.embeddings.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["head.weight"];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    public override ModelCache NewCache(long batch, long capacity)
    {
        StatePart last = new([1, _config.HiddenSize]);
        var cache = new StateCache(_config.Layers, batch, Placement.Device, new StatePart([3, _config.Channels]), last, last);
        using var scope = NewDisposeScope();
        var start = Wkv.State(batch, _config.Channels);
        for (var layer = 0; layer < _config.Layers; layer++) cache.Set(layer, Sums, start);
        return cache;
    }

    protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(TokenEmbedding, ids);

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) =>
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var tokens = x.shape[1];
        var cache = StateCache.Of(context, _config.ModelType);
        var marks = TokenMarks.Of(context, tokens, _config.ModelType);
        x = Norm(x, "rwkv.blocks.0.pre_ln");
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
        {
            var block = $"rwkv.blocks.{layer}.";
            // Halved like what it is added to: a normalization follows, so that only its epsilon notices.
            var scale = context.Training || _config.RescaleEvery == 0 ? 1 : Math.Pow(0.5, layer / _config.RescaleEvery);
            x = Add(x, Mean(Norm(x, block + "ln1"), layer, block + "attention.", cache, marks), scale);
            x = Add(x, FeedForward(Norm(x, block + "ln2"), layer, block + "feed_forward.", cache, marks), scale);
            if (!context.Training && _config.RescaleEvery > 0 && (layer + 1) % _config.RescaleEvery == 0) x = x * 0.5;
        }
        cache?.Advance(tokens);
        return Norm(x, "rwkv.ln_out").MoveToOuterDisposeScope();
    }

    private static Tensor Add(Tensor x, Tensor part, double scale) => scale == 1 ? x + part : x + part * scale;

    private Tensor Mean(Tensor x, int layer, string part, StateCache? cache, TokenMarks? marks)
    {
        var before = Before(ref x, layer, LastOfMean, cache, marks);                                // (B, T, E)
        var key = Linear.Apply(Mix(x, before, part + "time_mix_key"), this[part + "key.weight"]);                                 // (B, T, C)
        var value = Linear.Apply(Mix(x, before, part + "time_mix_value"), this[part + "value.weight"]);
        var receptance = sigmoid(Linear.Apply(Mix(x, before, part + "time_mix_receptance"), this[part + "receptance.weight"]));
        var mean = Wkv.Apply(-exp(this[part + "time_decay"].Value), this[part + "time_first"].Value, key, value, cache?[layer, Sums], marks);
        return Linear.Apply(receptance * mean.to(x.dtype), this[part + "output.weight"]);     // (B, T, E)
    }

    private Tensor FeedForward(Tensor x, int layer, string part, StateCache? cache, TokenMarks? marks)
    {
        var before = Before(ref x, layer, LastOfFeedForward, cache, marks);
        var key = Activation.Apply(Linear.Apply(Mix(x, before, part + "time_mix_key"), this[part + "key.weight"]), ActivationKind.Relu2);    // (B, T, I)
        var receptance = sigmoid(Linear.Apply(Mix(x, before, part + "time_mix_receptance"), this[part + "receptance.weight"]));
        return receptance * Linear.Apply(key, this[part + "value.weight"]);
    }

    /// <summary>The token before each: of the first, the last one that the cache has seen; 0 where there is none.</summary>
    private static Tensor Before(ref Tensor x, int layer, int part, StateCache? cache, TokenMarks? marks)
    {
        if (marks is not null) x = marks.Blank(x);
        var (batch, tokens) = (x.shape[0], x.shape[1]);
        var last = cache?[layer, part].to(x.dtype) ?? zeros([batch, 1, x.shape[2]], dtype: x.dtype, device: x.device);
        var before = tokens == 1 ? last : cat([last, x.narrow(1, 0, tokens - 1)], 1);
        cache?.Set(layer, part, x.narrow(1, tokens - 1, 1));
        return marks is null ? before : marks.BlankStarts(before);
    }

    /// <summary>before + share · (x - before).</summary>
    private Tensor Mix(Tensor x, Tensor before, string share) => before + (x - before) * Cast(this[share].Value, x);

    private Tensor Norm(Tensor x, string name) => nn.functional.layer_norm(x, [_config.HiddenSize], Cast(this[name + ".weight"].Value, x), Cast(this[name + ".bias"].Value, x), _config.LayerNormEpsilon);

    private static Tensor Cast(Tensor vector, Tensor like) => vector.dtype == like.dtype ? vector : vector.to(like.dtype);
}
