using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Attention with its projections, of a text to itself or to another (Vaswani et al. 2017, section 3.2.2).</summary>
internal sealed class AttentionProjections(Affine query, Affine key, Affine value, Affine output)
{
    public required long Heads { get; init; }

    /// <summary>Factor of the scores. Default: 1 / √D.</summary>
    public double? Scale { get; init; }

    /// <summary>Probability of dropping an attention weight in training.</summary>
    public double Dropout { get; init; }

    /// <param name="x">(B, T, E).</param>
    /// <param name="bias">As <see cref="Attention"/> takes it.</param>
    /// <returns>(B, T, E).</returns>
    public Tensor Self(Tensor x, ForwardContext context, int layer, Tensor? bias, bool causal) =>
        output.Apply(Attention.Apply(Split(query.Apply(x)), Split(key.Apply(x)), Split(value.Apply(x)), context, layer, bias, Dropout, Scale, causal));

    /// <summary>The keys and values of a text that is attended to.</summary>
    /// <param name="memory">(B, S, E).</param>
    /// <returns>(B, S, H, D) each.</returns>
    public (Tensor Key, Tensor Value) Project(Tensor memory) => (Split(key.Apply(memory)), Split(value.Apply(memory)));

    /// <param name="x">(B, T, E).</param>
    /// <param name="memory">What <see cref="Project"/> gave.</param>
    /// <param name="bias">(B, 1, 1, S), or null.</param>
    /// <returns>(B, T, E).</returns>
    public Tensor Cross(Tensor x, (Tensor Key, Tensor Value) memory, Tensor? bias, bool training) =>
        output.Apply(Attention.Apply(Split(query.Apply(x)), memory.Key, memory.Value, new ForwardContext { Training = training }, 0, bias, Dropout, Scale, causal: false));

    private Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], Heads, x.shape[2] / Heads);
}
