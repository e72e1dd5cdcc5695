using Loquat.Layers;
using Loquat.Layers.StateSpace;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Mamba;

/// <summary>Mamba: see <see cref="MambaConfig"/>. The cache is the state.</summary>
internal sealed class MambaModel : CausalModel
{
    // B batch, T tokens, E width

    private const int History = 0, State = 1;   // parts of a layer's state

    private readonly MambaConfig _config;
    private readonly (Parameter Norm, MambaMixer Mixer)[] _layers;

    public MambaModel(MambaConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["backbone.embeddings.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this["lm_head.weight"];
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => (this[$"backbone.layers.{layer}.norm.weight"], Mixer($"backbone.layers.{layer}.mixer.")))];
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    public override ModelCache NewCache(long batch, long capacity) =>
        new StateCache(_config.Layers, batch, Placement.Device, new StatePart([_config.ConvKernel - 1, _config.Channels]), new StatePart([_config.StateSize, _config.Channels]));

    protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(TokenEmbedding, ids);

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) =>
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var (tokens, compute) = (x.shape[1], x.dtype);
        var cache = StateCache.Of(context, _config.ModelType);
        var marks = TokenMarks.Of(context, tokens, _config.ModelType);
        if (_config.ResidualInFp32) x = x.to(ScalarType.Float32);
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            var (norm, mixer) = _layers[layer];
            var h = RmsNorm.Apply(x, norm.Value, _config.LayerNormEpsilon).to(compute);             // (B, T, E)
            x = x + mixer.Apply(h, _config.HiddenAct, cache?[layer, History], cache?[layer, State], marks);
        }
        cache?.Advance(tokens);
        return RmsNorm.Apply(x, this["backbone.norm_f.weight"].Value, _config.LayerNormEpsilon).to(compute).MoveToOuterDisposeScope();
    }

    private MambaMixer Mixer(string prefix)
    {
        return new(
            Of("in_proj"), this[prefix + "conv1d.weight"], Find(prefix + "conv1d.bias"), this[prefix + "x_proj.weight"], Of("dt_proj"), this[prefix + "A_log"], this[prefix + "D"], Of("out_proj"));

        Affine Of(string name) => new(this[$"{prefix}{name}.weight"], Find($"{prefix}{name}.bias"));
    }
}
