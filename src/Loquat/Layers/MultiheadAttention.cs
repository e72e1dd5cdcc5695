using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>The whole attention layer of torch.nn.MultiheadAttention (Vaswani et al. 2017, section 3.2.2): projections of queries, keys and values in one matrix, attention to all tokens, a projection back.</summary>
/// <param name="Project">(3 · E, E): queries, keys, values.</param>
/// <param name="Out">(E, E).</param>
/// <param name="Heads">Divide E.</param>
internal sealed record MultiheadAttention(Affine Project, Affine Out, int Heads)
{
    // B batch, T queries, S keys, E width

    /// <param name="x">(B, T, E).</param>
    /// <param name="memory">(B, S, E): what is attended to; null: <paramref name="x"/> itself.</param>
    /// <param name="ignored">(B, S) bool: keys that none sees; null: all are seen.</param>
    /// <returns>(B, T, E).</returns>
    public Tensor Apply(Tensor x, Tensor? memory = null, Tensor? ignored = null)
    {
        var width = x.shape[2];
        var (q, k, v) = (Part(x, 0), Part(memory ?? x, 1), Part(memory ?? x, 2));
        var bias = ignored is null ? null : zeros(ignored.shape, dtype: x.dtype, device: x.device).masked_fill(ignored, float.NegativeInfinity).view(x.shape[0], 1, 1, -1);
        return Out.Apply(Attention.Apply(q, k, v, new ForwardContext(), 0, bias, causal: false));

        Tensor Part(Tensor from, int place) =>
            Linear.Apply(from, Project.Weight.Value.narrow(0, place * width, width), Project.Bias?.Value.narrow(0, place * width, width)).view(from.shape[0], from.shape[1], Heads, width / Heads);
    }
}
