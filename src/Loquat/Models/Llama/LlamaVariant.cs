namespace Loquat.Models.Llama;

/// <summary>The members of the Llama family: <see cref="LlamaConfig"/> says what any of them may set, this which parts it has.</summary>
public enum LlamaVariant
{
    /// <summary>`llama` (Touvron et al. 2023).</summary>
    Llama,

    /// <summary>`mistral` (Jiang et al. 2023): sliding windows.</summary>
    Mistral,

    /// <summary>`mixtral` (Jiang et al. 2024): experts in place of the feed-forward layer.</summary>
    Mixtral,

    /// <summary>`qwen2`: biases of queries, keys and values.</summary>
    Qwen2,

    /// <summary>`qwen3`: each query and key head is normalized. What Loquat's own default decoder is saved as.</summary>
    Qwen3,

    /// <summary>`phi3`: fused projections.</summary>
    Phi3,

    /// <summary>`olmo2`: normalization after each part instead of before it, and of all query and key heads together.</summary>
    Olmo2,

    /// <summary>`smollm3`: some layers without positions.</summary>
    SmolLm3,

    /// <summary>`gemma2`: normalization before and after each part, soft caps, windows in every second layer.</summary>
    Gemma2,

    /// <summary>`gemma3_text`: Gemma 2 with normalized heads in place of the caps, and rotations by the kind of layer.</summary>
    Gemma3,
}

/// <summary>Where the normalizations of a layer stand.</summary>
internal enum NormPlacement
{
    /// <summary>Before attention and before the feed-forward layer.</summary>
    Before,

    /// <summary>After each.</summary>
    After,

    /// <summary>Before and after each.</summary>
    Both,
}

/// <summary>How queries and keys are normalized.</summary>
internal enum HeadNorm
{
    None,

    /// <summary>Each head, with one gain for all.</summary>
    Each,

    /// <summary>All heads together.</summary>
    Together,
}

/// <summary>The parts of a variant, and what stands for keys that its `config.json` leaves out.</summary>
/// <param name="ModelType">`model_type`.</param>
/// <param name="ClassName">Its class in `architectures`.</param>
internal sealed record LlamaTraits(string ModelType, string ClassName)
{
    public NormPlacement Norms { get; init; } = NormPlacement.Before;

    public HeadNorm QkNorm { get; init; } = HeadNorm.None;

    /// <summary>Gains are 1 + w, w starting at 0.</summary>
    public bool ShiftedGains { get; init; }

    /// <summary>Embeddings are multiplied by √width.</summary>
    public bool ScaledEmbedding { get; init; }

    /// <summary>One matrix for queries, keys and values, and one for gate and up.</summary>
    public bool Fused { get; init; }

    /// <summary>Queries, keys and values have biases, always.</summary>
    public bool QkvBias { get; init; }

    public bool Experts { get; init; }

    /// <summary>Whether `attention_bias` and `mlp_bias` are its keys.</summary>
    public bool ReadsAttentionBias { get; init; }

    public bool ReadsMlpBias { get; init; }

    /// <summary>Windows hold only where `use_sliding_window` is set.</summary>
    public bool WindowSwitch { get; init; }

    public bool IsGemma => ShiftedGains;

    public int Positions { get; init; } = 2048;

    public double Epsilon { get; init; } = 1e-6;

    public double Theta { get; init; } = 10_000;

    public int? HeadDim { get; init; }

    public int? Window { get; init; }

    public bool Tied { get; init; }

    public double? AttentionCap { get; init; }

    public double? FinalCap { get; init; }

    public static LlamaTraits Of(LlamaVariant variant) => _all[variant];

    public static IReadOnlyList<string> ModelTypes => [.. _all.Values.Select(traits => traits.ModelType)];

    public static LlamaVariant Find(string modelType) => _all.First(pair => pair.Value.ModelType == modelType).Key;

    private static readonly Dictionary<LlamaVariant, LlamaTraits> _all = new()
    {
        [LlamaVariant.Llama] = new("llama", "LlamaForCausalLM") { ReadsAttentionBias = true, ReadsMlpBias = true },
        [LlamaVariant.Mistral] = new("mistral", "MistralForCausalLM") { Positions = 131_072, Window = 4096 },
        [LlamaVariant.Mixtral] = new("mixtral", "MixtralForCausalLM") { Experts = true, Positions = 131_072, Epsilon = 1e-5, Theta = 1e6 },
        [LlamaVariant.Qwen2] = new("qwen2", "Qwen2ForCausalLM") { QkvBias = true, WindowSwitch = true, Positions = 32_768, Window = 4096 },
        [LlamaVariant.Qwen3] = new("qwen3", "Qwen3ForCausalLM")
        {
            QkNorm = HeadNorm.Each,
            ReadsAttentionBias = true,
            WindowSwitch = true,
            Positions = 32_768,
            HeadDim = 128,
            Window = 4096,
        },
        [LlamaVariant.Phi3] = new("phi3", "Phi3ForCausalLM") { Fused = true, Positions = 4096, Epsilon = 1e-5 },
        [LlamaVariant.Olmo2] = new("olmo2", "Olmo2ForCausalLM") { Norms = NormPlacement.After, QkNorm = HeadNorm.Together, ReadsAttentionBias = true, Epsilon = 1e-5 },
        [LlamaVariant.SmolLm3] = new("smollm3", "SmolLM3ForCausalLM") { ReadsAttentionBias = true, ReadsMlpBias = true, WindowSwitch = true, Positions = 32_768, Theta = 2e6, Tied = true },
        [LlamaVariant.Gemma2] = new("gemma2", "Gemma2ForCausalLM")
        {
            Norms = NormPlacement.Both,
            ShiftedGains = true,
            ScaledEmbedding = true,
            ReadsAttentionBias = true,
            Positions = 8192,
            HeadDim = 256,
            Window = 4096,
            Tied = true,
            AttentionCap = 50,
            FinalCap = 30,
        },
        [LlamaVariant.Gemma3] = new("gemma3_text", "Gemma3ForCausalLM")
        {
            Norms = NormPlacement.Both,
            QkNorm = HeadNorm.Each,
            ShiftedGains = true,
            ScaledEmbedding = true,
            ReadsAttentionBias = true,
            Positions = 131_072,
            Theta = 1e6,
            HeadDim = 256,
            Window = 4096,
            Tied = true,
        },
    };
}
