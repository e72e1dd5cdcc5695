using Loquat.Layers;

namespace Loquat.Models.Llama;

/// <summary>The parameters of one layer.</summary>
internal sealed class LlamaLayer(LlamaModel model, int layer)
{
    private readonly string _prefix = $"model.layers.{layer}.";

    public Parameter AttentionNorm => field ??= model[_prefix + "input_layernorm.weight"];

    /// <summary>(H · D, E).</summary>
    public Parameter Query => field ??= model[_prefix + "self_attn.q_proj.weight"];

    /// <summary>Biases, where the architecture has them: of queries (H · D), keys and values (K · D), the output (E), the feed-forward layer (I, I, E).</summary>
    public Parameter? QueryBias => model.Find(_prefix + "self_attn.q_proj.bias");

    public Parameter? KeyBias => model.Find(_prefix + "self_attn.k_proj.bias");

    public Parameter? ValueBias => model.Find(_prefix + "self_attn.v_proj.bias");

    public Parameter? OutBias => model.Find(_prefix + "self_attn.o_proj.bias");

    public Parameter? GateBias => model.Find(_prefix + "mlp.gate_proj.bias");

    public Parameter? UpBias => model.Find(_prefix + "mlp.up_proj.bias");

    public Parameter? DownBias => model.Find(_prefix + "mlp.down_proj.bias");

    /// <summary>(K · D, E).</summary>
    public Parameter Key => field ??= model[_prefix + "self_attn.k_proj.weight"];

    /// <summary>(K · D, E).</summary>
    public Parameter Value => field ??= model[_prefix + "self_attn.v_proj.weight"];

    /// <summary>(D), where the architecture normalizes queries and keys.</summary>
    public Parameter? QueryNorm { get; } = model.Find($"model.layers.{layer}.self_attn.q_norm.weight");

    public Parameter? KeyNorm { get; } = model.Find($"model.layers.{layer}.self_attn.k_norm.weight");

    /// <summary>(E, H · D).</summary>
    public Parameter Out => field ??= model[_prefix + "self_attn.o_proj.weight"];

    public Parameter MlpNorm => field ??= model[_prefix + "post_attention_layernorm.weight"];

    /// <summary>(I, E).</summary>
    public Parameter Gate => field ??= model[_prefix + "mlp.gate_proj.weight"];

    /// <summary>(I, E).</summary>
    public Parameter Up => field ??= model[_prefix + "mlp.up_proj.weight"];

    /// <summary>(E, I).</summary>
    public Parameter Down => field ??= model[_prefix + "mlp.down_proj.weight"];
}
