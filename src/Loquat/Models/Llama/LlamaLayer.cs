using Loquat.Layers;

namespace Loquat.Models.Llama;

/// <summary>The parameters of one layer. Biases and parts that a variant lacks are null.</summary>
internal sealed class LlamaLayer
{
    public LlamaLayer(LlamaModel model, LlamaConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}.";
        var (attention, mlp) = (prefix + "self_attn.", prefix + "mlp.");
        Affine Find(string name) => new(model.Find(name + ".weight")!, model.Find(name + ".bias"));

        var after = model.Find(prefix + "post_attention_layernorm.weight");
        // What follows attention in its name stands before the feed-forward layer in Llama, and behind attention in others.
        (AttentionNorm, MlpNorm) = (model.Find(prefix + "input_layernorm.weight"), model.Find(prefix + "pre_feedforward_layernorm.weight"));
        (AttentionEnd, MlpEnd) = (after, model.Find(prefix + "post_feedforward_layernorm.weight"));
        if (config.Traits.Norms == NormPlacement.Before) (MlpNorm, AttentionEnd) = (after, null);
        (QueryNorm, KeyNorm) = (model.Find(attention + "q_norm.weight"), model.Find(attention + "k_norm.weight"));
        (Query, Key, Value) = (Find(attention + "q_proj"), Find(attention + "k_proj"), Find(attention + "v_proj"));
        (QueryKeyValue, Out) = (Find(attention + "qkv_proj"), Find(attention + "o_proj"));
        (Gate, Up, GateUp, Down) = (Find(mlp + "gate_proj"), Find(mlp + "up_proj"), Find(mlp + "gate_up_proj"), Find(mlp + "down_proj"));
        if (!config.Traits.Experts) return;
        Router = model[prefix + "block_sparse_moe.gate.weight"];
        Experts = [.. Enumerable.Range(0, config.NumLocalExperts).Select(expert => $"{prefix}block_sparse_moe.experts.{expert}.")
            .Select(expert => new Expert(model[expert + "w1.weight"], model[expert + "w3.weight"], model[expert + "w2.weight"]))];
    }

    /// <summary>Before attention.</summary>
    public Parameter? AttentionNorm { get; }

    /// <summary>Of what attention gives.</summary>
    public Parameter? AttentionEnd { get; }

    /// <summary>Before the feed-forward layer.</summary>
    public Parameter? MlpNorm { get; }

    /// <summary>Of what the feed-forward layer gives.</summary>
    public Parameter? MlpEnd { get; }

    /// <summary>(D), or (H · D) where all heads are normalized together.</summary>
    public Parameter? QueryNorm { get; }

    public Parameter? KeyNorm { get; }

    /// <summary>(H · D, E).</summary>
    public Affine Query { get; }

    /// <summary>(K · D, E).</summary>
    public Affine Key { get; }

    /// <summary>(K · D, E).</summary>
    public Affine Value { get; }

    /// <summary>The three in one: ((H + 2 K) · D, E).</summary>
    public Affine QueryKeyValue { get; }

    /// <summary>(E, H · D).</summary>
    public Affine Out { get; }

    /// <summary>(I, E).</summary>
    public Affine Gate { get; }

    /// <summary>(I, E).</summary>
    public Affine Up { get; }

    /// <summary>Both in one: (2 I, E).</summary>
    public Affine GateUp { get; }

    /// <summary>(E, I).</summary>
    public Affine Down { get; }

    /// <summary>(X, E) of X experts.</summary>
    public Parameter? Router { get; }

    public IReadOnlyList<Expert> Experts { get; } = [];
}
