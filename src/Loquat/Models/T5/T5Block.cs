using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.T5;

/// <summary>One layer of either stack: attention to its own text, in the decoder attention to the text read, and a feed-forward layer, each on normalized input.</summary>
internal sealed class T5Block
{
    private readonly T5Config _config;
    private readonly int _layer;
    private readonly bool _decoder;

    public T5Block(T5Model model, T5Config config, int layer, bool decoder)
    {
        (_config, _layer, _decoder) = (config, layer, decoder);
        var prefix = $"{(decoder ? "decoder" : "encoder")}.block.{layer}.layer.";
        Own = Attention(prefix + "0.SelfAttention.");
        OwnNorm = model[prefix + "0.layer_norm.weight"];
        if (decoder)
        {
            Cross = Attention(prefix + "1.EncDecAttention.");
            CrossNorm = model[prefix + "1.layer_norm.weight"];
        }
        var last = $"{prefix}{(decoder ? 2 : 1)}.";
        DenseNorm = model[last + "layer_norm.weight"];
        In = model[last + (config.IsGatedAct ? "DenseReluDense.wi_0.weight" : "DenseReluDense.wi.weight")];
        Up = model.Find(last + "DenseReluDense.wi_1.weight");
        Out = model[last + "DenseReluDense.wo.weight"];

        AttentionProjections Attention(string name) => new(Matrix(name + "q"), Matrix(name + "k"), Matrix(name + "v"), Matrix(name + "o"))
        {
            Heads = config.NumHeads,
            Scale = 1,
            Dropout = config.DropoutRate,
        };
        Affine Matrix(string name) => new(model[name + ".weight"], null);
    }

    public AttentionProjections Own { get; }

    public Parameter OwnNorm { get; }

    public AttentionProjections? Cross { get; }

    public Parameter? CrossNorm { get; }

    public Parameter DenseNorm { get; }

    /// <summary>(I, E): of the gate, where there is one.</summary>
    public Parameter In { get; }

    /// <summary>(I, E).</summary>
    public Parameter? Up { get; }

    /// <summary>(E, I).</summary>
    public Parameter Out { get; }

    /// <param name="x">(B, T, E).</param>
    /// <param name="bias">(B or 1, H, T, S): of positions, and what may not be seen.</param>
    /// <param name="source">Keys and values of the text read, and its mask; of a decoder.</param>
    public Tensor Forward(Tensor x, ForwardContext context, Tensor bias, ((Tensor, Tensor) Memory, Tensor? Bias)? source)
    {
        var h = Normalize(x, OwnNorm);
        x = x + Dropout.Apply(Own.Self(h, context, _layer, bias, _decoder), _config.DropoutRate, context);
        if (source is { } read)
        {
            h = Normalize(x, CrossNorm!);
            x = x + Dropout.Apply(Cross!.Cross(h, read.Memory, read.Bias, context.Training), _config.DropoutRate, context);
        }
        h = Normalize(x, DenseNorm);
        var inner = Linear.Apply(h, In);                                                          // (B, T, I)
        inner = Up is null ? Activation.Apply(inner, _config.DenseActFn) : Activation.Gated(inner, Linear.Apply(h, Up), _config.DenseActFn);
        return x + Dropout.Apply(Linear.Apply(Dropout.Apply(inner, _config.DropoutRate, context), Out), _config.DropoutRate, context);
    }

    private Tensor Normalize(Tensor x, Parameter gain) => RmsNorm.Apply(x, gain.Value, _config.LayerNormEpsilon);
}
