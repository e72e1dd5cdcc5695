using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.StateSpace;

/// <summary>
/// Attention without a softmax, whose past is one matrix for each head: S_t = diag(γ) S_(t-1) + k_tᵀ v_t. With one γ for each head it is retention (RetNet, Sun et al. 2023, eqs. 5-6), with one for
/// each channel and a bonus for the present token RWKV-5 (Peng et al. 2024, eqs. 9-10), with γ = 1 and positive keys linear attention (Katharopoulos et al. 2020).
/// Tokens go in chunks: within one, products of queries with keys; between them, the matrix.
/// </summary>
internal static class LinearAttention
{
    // B batch, H heads, T tokens, K key size, V value size, L tokens of a chunk

    private const long Chunk = 16;

    /// <param name="q">(B, H, T, K).</param>
    /// <param name="k">(B, H, T, K).</param>
    /// <param name="v">(B, H, T, V).</param>
    /// <param name="logDecay">(H, K), or (H, 1) for all channels of a head: ln γ, 0 or less.</param>
    /// <param name="bonus">(H, K): what the present token weighs where earlier ones weigh γ^(distance - 1). Null: it weighs 1, and earlier ones γ^distance.</param>
    /// <param name="state">(B, H, K, V): to begin with; null: zeros.</param>
    /// <returns>(B, H, T, V), and the state after the last token.</returns>
    public static (Tensor Output, Tensor State) Apply(Tensor q, Tensor k, Tensor v, Tensor logDecay, Tensor? bonus = null, Tensor? state = null)
    {
        var (tokens, late) = (q.shape[2], bonus is null ? 0 : 1);
        logDecay = logDecay.expand(q.shape[1], q.shape[3]);
        state ??= zeros([q.shape[0], q.shape[1], q.shape[3], v.shape[3]], dtype: q.dtype, device: q.device);
        List<Tensor> outputs = [];
        for (long first = 0; first < tokens; first += Chunk)
        {
            var length = Math.Min(Chunk, tokens - first);
            var (queries, keys, values) = (q.narrow(2, first, length), k.narrow(2, first, length), v.narrow(2, first, length));
            var places = arange(length, dtype: q.dtype, device: q.device);
            var distance = places.unsqueeze(1) - places - late;                                                 // (L, L)
            var weight = exp(logDecay.view(-1, 1, 1, q.shape[3]) * distance.clamp(min: 0).unsqueeze(-1)) * distance.ge(0).to(q.dtype).unsqueeze(-1);     // (H, L, L, K)
            if (bonus is not null) weight = weight + eye(length, dtype: q.dtype, device: q.device).unsqueeze(-1) * bonus.view(-1, 1, 1, q.shape[3]);
            var scores = einsum("bhik,bhjk,hijk->bhij", queries, keys, weight);
            var sinceBegin = exp(logDecay.unsqueeze(1) * (places + 1 - late).unsqueeze(-1));                     // (H, L, K)
            var untilEnd = exp(logDecay.unsqueeze(1) * (length - 1 - places).unsqueeze(-1));
            outputs.Add(scores.matmul(values) + (queries * sinceBegin).matmul(state));
            state = exp(logDecay * length).unsqueeze(-1) * state + (keys * untilEnd).transpose(2, 3).matmul(values);
        }
        return (cat(outputs, 2), state);
    }

    /// <summary>Linear attention: weights φ(q) · φ(k) with φ = elu + 1, divided by their sum.</summary>
    /// <inheritdoc cref="Apply"/>
    public static Tensor Normalized(Tensor q, Tensor k, Tensor v)
    {
        var (queries, keys) = (nn.functional.elu(q, 1) + 1, nn.functional.elu(k, 1) + 1);
        var weighted = Apply(queries, keys, cat([v, ones_like(v.narrow(-1, 0, 1))], -1), zeros([q.shape[1], 1], dtype: q.dtype, device: q.device)).Output;
        return weighted.narrow(-1, 0, v.shape[3]) / weighted.narrow(-1, v.shape[3], 1);
    }

    /// <summary>The delta rule (Schlag et al. 2021): what a key finds is moved towards its value, S += k (β (v - Sᵀ k))ᵀ, y = Sᵀ q.</summary>
    /// <param name="q">(B, H, T, K).</param>
    /// <param name="k">(B, H, T, K): brought to length 1.</param>
    /// <param name="v">(B, H, T, V).</param>
    /// <param name="beta">(B, H, T): how far, 0 to 1.</param>
    /// <param name="state">(B, H, K, V): to begin with; null: zeros.</param>
    /// <returns>(B, H, T, V), and the state after the last token.</returns>
    public static (Tensor Output, Tensor State) Delta(Tensor q, Tensor k, Tensor v, Tensor beta, Tensor? state = null)
    {
        state ??= zeros([q.shape[0], q.shape[1], q.shape[3], v.shape[3]], dtype: q.dtype, device: q.device);
        var outputs = new Tensor[q.shape[2]];
        k = nn.functional.normalize(k, dim: -1);
        for (var t = 0; t < outputs.Length; t++)
        {
            var key = k.select(2, t).unsqueeze(-1);                                                             // (B, H, K, 1)
            var change = beta.select(2, t).unsqueeze(-1).unsqueeze(-1) * (v.select(2, t).unsqueeze(2) - key.transpose(2, 3).matmul(state));
            state = state + key * change;
            outputs[t] = q.select(2, t).unsqueeze(2).matmul(state).squeeze(2);
        }
        return (stack(outputs, 2), state);
    }
}
