namespace Loquat.Planning;

/// <summary>How the numbers of a training run are kept.</summary>
public enum TrainingPrecision
{
    /// <summary>Weights, gradients and moments in float32: 16 bytes per parameter.</summary>
    Float32,

    /// <summary>Weights and gradients in 16 bits, masters and moments in float32: 16 bytes per parameter.</summary>
    Mixed,

    /// <summary>As <see cref="Mixed"/>, with gradients summed in float32: 18 bytes per parameter.</summary>
    MixedWithFloat32Gradients,
}

/// <summary>Bytes that a training run keeps from step to step (Rajbhandari et al. 2020, ZeRO, section 3.1).</summary>
/// <param name="Weights">What the model computes with.</param>
/// <param name="Gradients">One per weight.</param>
/// <param name="MasterWeights">float32 copies; 0 where the model computes in float32.</param>
/// <param name="FirstMoment">float32.</param>
/// <param name="SecondMoment">float32.</param>
public sealed record MemoryPlan(long Weights, long Gradients, long MasterWeights, long FirstMoment, long SecondMoment)
{
    public long OptimizerState => MasterWeights + FirstMoment + SecondMoment;

    public long Total => Weights + Gradients + OptimizerState;

    /// <summary>The plan of AdamW.</summary>
    public static MemoryPlan AdamW(long parameters, TrainingPrecision precision) => precision == TrainingPrecision.Float32
        ? new(4 * parameters, 4 * parameters, 0, 4 * parameters, 4 * parameters)
        : new(2 * parameters, (precision == TrainingPrecision.Mixed ? 2 : 4) * parameters, 4 * parameters, 4 * parameters, 4 * parameters);

    /// <summary>The plan of a rule that remembers another number of float32 numbers per parameter.</summary>
    /// <param name="numbers">2: those of AdamW.</param>
    public static MemoryPlan Of(long parameters, TrainingPrecision precision, double numbers) => AdamW(parameters, precision) with
    {
        FirstMoment = (long)(4 * parameters * Math.Min(1, numbers)),
        SecondMoment = (long)(4 * parameters * Math.Max(0, numbers - 1)),
    };

    /// <summary>Bytes on each of several ranks under ZeRO.</summary>
    /// <param name="stage">0 to 3: nothing, optimizer state, gradients too, weights too are divided.</param>
    /// <param name="ranks">1 or more.</param>
    public double PerRank(int stage, int ranks)
    {
        if (stage is < 0 or > 3) throw new OptionsException($"ZeRO stage is {stage}; allowed: 0 to 3.");
        if (ranks < 1) throw new OptionsException($"ranks are {ranks}; allowed: 1 or more.");
        double Divided(long bytes, int from) => stage >= from ? (double)bytes / ranks : bytes;
        return Divided(OptimizerState, 1) + Divided(Gradients, 2) + Divided(Weights, 3);
    }

    /// <summary>Bytes of a checkpoint with float32 weights and both moments of AdamW: 12 per parameter.</summary>
    public static long CheckpointBytes(long parameters) => 12 * parameters;
}

/// <summary>What the backward pass of a block needs to find again.</summary>
public enum ActivationMemory
{
    /// <summary>Everything, the attention matrices included.</summary>
    Everything,

    /// <summary>All but the attention matrices, which are recomputed (selective recomputation, or fused attention).</summary>
    WithoutAttentionMatrices,

    /// <summary>The block's input only.</summary>
    InputOnly,
}

/// <summary>Bytes of activations.</summary>
public static class ActivationPlan
{
    /// <summary>One block in 16 bits: s b h (34 + 5 a s / h), without the second term, or 2 s b h (Korthikanti et al. 2022, equation 2).</summary>
    /// <param name="sequence">Tokens in a sequence, s.</param>
    /// <param name="batch">Sequences, b.</param>
    /// <param name="width">h.</param>
    /// <param name="heads">a.</param>
    /// <param name="kept">What is kept.</param>
    public static double BytesPerLayer(long sequence, long batch, long width, long heads, ActivationMemory kept) => kept switch
    {
        ActivationMemory.Everything => 34.0 * sequence * batch * width + 5.0 * heads * sequence * sequence * batch,
        ActivationMemory.WithoutAttentionMatrices => 34.0 * sequence * batch * width,
        _ => 2.0 * sequence * batch * width,
    };

    /// <summary>
    /// Activations of a whole micro-batch in Loquat: what each block keeps for its backward pass with fused attention, the
    /// logits of one chunk of tokens, no attention matrix.
    /// </summary>
    /// <param name="shape">The model.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="context">Tokens in each.</param>
    /// <param name="bytesPerValue">4 in float32, 2 in bfloat16.</param>
    /// <param name="logitTokens">Tokens whose logits exist at one time.</param>
    /// <param name="checkpointed">Layers that keep their input alone; more than there are: all.</param>
    public static double Bytes(ModelShape shape, int batch, int context, int bytesPerValue, int logitTokens = 1024, int checkpointed = 0)
    {
        var tokens = (double)batch * context;   // a recipe may ask for any number
        // Residual stream twice, two norm outputs, queries, keys and values before and after the rotation, attention output, feed-forward inside.
        var perToken = 4L * shape.Width + 2L * (shape.AttentionWidth + shape.KeyWidth) + shape.KeyWidth + shape.AttentionWidth + (shape.Gated ? 3L : 2L) * shape.FeedForward;
        checkpointed = Math.Min(checkpointed, shape.Layers);
        // The layer that is computed anew is there whole.
        var whole = shape.Layers - checkpointed + Math.Min(1, checkpointed);
        return bytesPerValue * (tokens * (whole * perToken + (double)checkpointed * shape.Width) + 2 * tokens * shape.Width) + 4L * Math.Min(tokens, logitTokens) * shape.Vocabulary;
    }
}
