using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Bart;

/// <summary>One layer of either stack: attention to its own text, in the decoder attention to the text read, and a feed-forward layer, each followed by a normalization.</summary>
internal sealed class BartBlock
{
    private readonly BartConfig _config;
    private readonly int _layer;
    private readonly bool _decoder;
    private readonly AttentionProjections _own;
    private readonly Norm _ownNorm, _finalNorm;
    private readonly Norm? _crossNorm;
    private readonly Affine _in, _out;

    public BartBlock(BartModel model, BartConfig config, int layer, bool decoder)
    {
        (_config, _layer, _decoder) = (config, layer, decoder);
        var prefix = $"model.{(decoder ? "decoder" : "encoder")}.layers.{layer}.";
        _own = Attention("self_attn");
        _ownNorm = new(model, prefix + "self_attn_layer_norm");
        if (decoder) (Cross, _crossNorm) = (Attention("encoder_attn"), new(model, prefix + "encoder_attn_layer_norm"));
        (_in, _out) = (Matrix("fc1"), Matrix("fc2"));
        _finalNorm = new(model, prefix + "final_layer_norm");

        AttentionProjections Attention(string name) => new(Matrix(name + ".q_proj"), Matrix(name + ".k_proj"), Matrix(name + ".v_proj"), Matrix(name + ".out_proj"))
        {
            Heads = decoder ? config.DecoderAttentionHeads : config.EncoderAttentionHeads,
            Dropout = config.AttentionDropout,
        };
        Affine Matrix(string name) => new(model[$"{prefix}{name}.weight"], model[$"{prefix}{name}.bias"]);
    }

    public AttentionProjections? Cross { get; }

    /// <param name="x">(B, T, E).</param>
    /// <param name="bias">As <see cref="Attention"/> takes it.</param>
    /// <param name="source">Keys and values of the text read, and its mask; of a decoder.</param>
    public Tensor Forward(Tensor x, ForwardContext context, Tensor? bias, ((Tensor, Tensor) Memory, Tensor? Bias)? source)
    {
        x = _ownNorm.Apply(x + Dropout.Apply(_own.Self(x, context, _layer, bias, _decoder), _config.Dropout, context));
        if (source is { } read) x = _crossNorm!.Apply(x + Dropout.Apply(Cross!.Cross(x, read.Memory, read.Bias, context.Training), _config.Dropout, context));
        var inner = Dropout.Apply(Activation.Apply(_in.Apply(x), _config.ActivationFunction), _config.ActivationDropout, context);       // (B, T, I)
        return _finalNorm.Apply(x + Dropout.Apply(_out.Apply(inner), _config.Dropout, context));
    }

    /// <summary>A layer normalization.</summary>
    internal sealed class Norm(Model model, string name)
    {
        private readonly Parameter _gain = model[name + ".weight"], _bias = model[name + ".bias"];

        public Tensor Apply(Tensor x) => nn.functional.layer_norm(x, [x.shape[^1]], _gain.Value, _bias.Value, BartConfig.LayerNormEpsilon);
    }
}
