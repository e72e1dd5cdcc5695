using Loquat.Layers;

namespace Loquat.Models.Llama;

public sealed partial record LlamaConfig
{
    /// <summary>
    /// Matrices and embeddings start normal with <see cref="InitializerRange"/>; projections into the residual stream with
    /// that divided by √(2 · layers) (GPT-2 paper, section 2.3); gains at one.
    /// </summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        yield return new("model.embed_tokens.weight", [VocabSize, HiddenSize], Start, ParameterRole.Embedding);
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            var norms = Traits.Norms;
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. norms == NormPlacement.After ? [] : Gain(prefix + "input_layernorm", HiddenSize),
                .. AttentionParameters(prefix + "self_attn."),
                .. Gain(prefix + "post_attention_layernorm", HiddenSize),
                .. norms == NormPlacement.Both ? Gain(prefix + "pre_feedforward_layernorm", HiddenSize) : [],
                .. Traits.Experts ? ExpertParameters(prefix + "block_sparse_moe.") : FeedForwardParameters(prefix + "mlp."),
                .. norms == NormPlacement.Before ? [] : Gain(prefix + "post_feedforward_layernorm", HiddenSize)]) yield return spec;
        }
        foreach (var spec in Gain("model.norm", HiddenSize)) yield return spec;
        if (!TieWordEmbeddings) yield return new("lm_head.weight", [VocabSize, HiddenSize], Start, ParameterRole.Head);
    }

    private Initializer Start => Initializer.Normal(InitializerRange);

    private Initializer Residual => Initializer.Normal(InitializerRange / Math.Sqrt(2.0 * NumHiddenLayers));

    private IEnumerable<ParameterSpec> AttentionParameters(string prefix)
    {
        var (queries, keys) = (AttentionWidth, KeyValueHeads * HeadSize);
        var (queryGain, keyGain) = Traits.QkNorm == HeadNorm.Together ? (queries, keys) : (HeadSize, HeadSize);
        return
        [
            .. Traits.Fused
                ? Affine(prefix + "qkv_proj", queries + 2L * keys, HiddenSize, Start, HasQkvBias)
                : (IEnumerable<ParameterSpec>)[
                    .. Affine(prefix + "q_proj", queries, HiddenSize, Start, HasQkvBias),
                    .. Affine(prefix + "k_proj", keys, HiddenSize, Start, HasQkvBias),
                    .. Affine(prefix + "v_proj", keys, HiddenSize, Start, HasQkvBias)],
            .. Traits.QkNorm == HeadNorm.None ? [] : (IEnumerable<ParameterSpec>)[.. Gain(prefix + "q_norm", queryGain), .. Gain(prefix + "k_norm", keyGain)],
            .. Affine(prefix + "o_proj", HiddenSize, queries, Residual, AttentionBias),
        ];
    }

    private IEnumerable<ParameterSpec> FeedForwardParameters(string prefix) =>
    [
        .. Traits.Fused
            ? Affine(prefix + "gate_up_proj", 2L * IntermediateSize, HiddenSize, Start, MlpBias)
            : (IEnumerable<ParameterSpec>)[
                .. Affine(prefix + "gate_proj", IntermediateSize, HiddenSize, Start, MlpBias),
                .. Affine(prefix + "up_proj", IntermediateSize, HiddenSize, Start, MlpBias)],
        .. Affine(prefix + "down_proj", HiddenSize, IntermediateSize, Residual, MlpBias),
    ];

    private IEnumerable<ParameterSpec> ExpertParameters(string prefix)
    {
        // Few rows: no matrix for Muon, as the last layer of a head is none.
        yield return new(prefix + "gate.weight", [NumLocalExperts, HiddenSize], Start, ParameterRole.Output);
        for (var expert = 0; expert < NumLocalExperts; expert++)
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Affine($"{prefix}experts.{expert}.w1", IntermediateSize, HiddenSize, Start, false),
                .. Affine($"{prefix}experts.{expert}.w3", IntermediateSize, HiddenSize, Start, false),
                .. Affine($"{prefix}experts.{expert}.w2", HiddenSize, IntermediateSize, Residual, false)]) yield return spec;
    }

    private IEnumerable<ParameterSpec> Gain(string name, int width) => [new($"{name}.weight", [width], Traits.ShiftedGains ? Initializer.Zeros : Initializer.Ones, ParameterRole.Vector)];

    protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads),
            ("num_key_value_heads", KeyValueHeads), ("head_dim", HeadDim ?? 1), ("intermediate_size", IntermediateSize), ("max_position_embeddings", MaxPositionEmbeddings),
            ("sliding_window", SlidingWindow ?? 1), ("num_local_experts", NumLocalExperts), ("num_experts_per_tok", NumExpertsPerTok)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var fault in OutOfRange("rope_theta", RopeParameters.RopeTheta, v => v > 0, "above 0")) yield return fault;
        foreach (var (name, value) in (IEnumerable<(string, double)>)[("rms_norm_eps", RmsNormEps), ("initializer_range", InitializerRange), ("router_aux_loss_coef", RouterAuxLossCoef)])
            foreach (var fault in OutOfRange(name, value, v => v >= 0, "0 or more")) yield return fault;
        foreach (var (name, value) in (IEnumerable<(string, double)>)[("attention_dropout", AttentionDropout), ("resid_pdrop", ResidPdrop), ("router_jitter_noise", RouterJitterNoise)])
            foreach (var fault in OutOfRange(name, value, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var (name, value) in (IEnumerable<(string, double?)>)[
            ("query_pre_attn_scalar", QueryPreAttnScalar), ("attn_logit_softcapping", AttnLogitSoftcapping), ("final_logit_softcapping", FinalLogitSoftcapping)])
            foreach (var fault in OutOfRange(name, value ?? 1, v => v > 0, "above 0")) yield return fault;
        if (sizes.Count > 0) yield break;
        if (HeadDim is null && HiddenSize % NumAttentionHeads != 0) yield return $"hidden_size {HiddenSize} is not a multiple of num_attention_heads {NumAttentionHeads}.";
        else if (HeadSize % 2 != 0) yield return $"a head has {HeadSize} elements; rotary positions need an even number.";
        if ((long)NumAttentionHeads * HeadSize > int.MaxValue) yield return $"num_attention_heads {NumAttentionHeads} times the {HeadSize} elements of a head is above {int.MaxValue}.";
        foreach (var fault in RopeParameters.Faults(HeadSize).Concat(LocalRope?.Faults(HeadSize) ?? [])) yield return fault;
        if (NumAttentionHeads % KeyValueHeads != 0) yield return $"num_attention_heads {NumAttentionHeads} is not a multiple of num_key_value_heads {KeyValueHeads}.";
        if (NumExpertsPerTok > NumLocalExperts) yield return $"num_experts_per_tok is {NumExpertsPerTok}; there are {NumLocalExperts} experts (num_local_experts).";
        foreach (var (name, kinds) in (IEnumerable<(string, IReadOnlyList<bool>)>)[("layer_types", IsSliding), ("no_rope_layers", UsesRope)])
            if (kinds.Count > 0 && kinds.Count != NumHiddenLayers) yield return $"{name} has {kinds.Count} values; there are {NumHiddenLayers} layers (num_hidden_layers).";
    }
}
