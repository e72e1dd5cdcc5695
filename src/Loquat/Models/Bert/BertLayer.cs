using Loquat.Layers;

namespace Loquat.Models.Bert;

/// <summary>The parameters of one layer.</summary>
internal sealed class BertLayer(Model model, BertConfig config, int layer)
{
    private readonly string _prefix = config.Layer(layer);

    /// <summary>(E, E) and (E), as all four of attention.</summary>
    public (Parameter Weight, Parameter Bias) Query => Affine(config.Names.Query);

    public (Parameter Weight, Parameter Bias) Key => Affine(config.Names.Key);

    public (Parameter Weight, Parameter Bias) Value => Affine(config.Names.Value);

    public (Parameter Weight, Parameter Bias) Out => Affine(config.Names.Out);

    public (Parameter Weight, Parameter Bias) AttentionNorm => Affine(config.Names.AttentionNorm);

    /// <summary>(I, E) and (I).</summary>
    public (Parameter Weight, Parameter Bias) Up => Affine(config.Names.Up);

    /// <summary>(E, I) and (E).</summary>
    public (Parameter Weight, Parameter Bias) Down => Affine(config.Names.Down);

    public (Parameter Weight, Parameter Bias) OutputNorm => Affine(config.Names.OutputNorm);

    private (Parameter, Parameter) Affine(string name) => (model[$"{_prefix}{name}.weight"], model[$"{_prefix}{name}.bias"]);
}
