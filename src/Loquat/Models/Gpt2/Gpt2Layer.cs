using Loquat.Layers;

namespace Loquat.Models.Gpt2;

/// <summary>The parameters of one layer.</summary>
internal sealed class Gpt2Layer(CausalModel model, int layer)
{
    private readonly string _prefix = $"transformer.h.{layer}.";

    public Parameter AttentionGain => field ??= model[_prefix + "ln_1.weight"];

    public Parameter AttentionBias => field ??= model[_prefix + "ln_1.bias"];

    /// <summary>(E, 3E): queries, keys and values.</summary>
    public Parameter Qkv => field ??= model[_prefix + "attn.c_attn.weight"];

    public Parameter QkvBias => field ??= model[_prefix + "attn.c_attn.bias"];

    /// <summary>(E, E).</summary>
    public Parameter Out => field ??= model[_prefix + "attn.c_proj.weight"];

    public Parameter OutBias => field ??= model[_prefix + "attn.c_proj.bias"];

    public Parameter MlpGain => field ??= model[_prefix + "ln_2.weight"];

    public Parameter MlpBias => field ??= model[_prefix + "ln_2.bias"];

    /// <summary>(E, I).</summary>
    public Parameter Up => field ??= model[_prefix + "mlp.c_fc.weight"];

    public Parameter UpBias => field ??= model[_prefix + "mlp.c_fc.bias"];

    /// <summary>(I, E).</summary>
    public Parameter Down => field ??= model[_prefix + "mlp.c_proj.weight"];

    public Parameter DownBias => field ??= model[_prefix + "mlp.c_proj.bias"];
}
