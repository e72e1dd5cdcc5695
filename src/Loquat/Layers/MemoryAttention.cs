using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Attention of one state of a recurrent network to the states of a text, by which such networks first looked back.</summary>
public static class MemoryAttention
{
    // B batch, S states looked at, M their width, A width of the scoring

    /// <summary>v · tanh(query + key) (Bahdanau et al. 2015, appendix A.1.2); with both projected by the halves of one matrix it is `concat` of Luong et al. 2015, equation 8.</summary>
    /// <param name="query">(B, A): the state, projected.</param>
    /// <param name="keys">(B, S, A): the states looked at, projected.</param>
    /// <param name="v">(A).</param>
    /// <returns>(B, S).</returns>
    public static Tensor AdditiveScores(Tensor query, Tensor keys, Tensor v) => (query.unsqueeze(1) + keys).tanh().matmul(v);

    /// <summary>state · key (Luong et al. 2015, equation 8): `dot`, or `general` where the keys are projected.</summary>
    /// <param name="state">(B, M).</param>
    /// <param name="keys">(B, S, M).</param>
    /// <returns>(B, S).</returns>
    public static Tensor DotScores(Tensor state, Tensor keys) => keys.matmul(state.unsqueeze(2)).squeeze(2);

    /// <param name="scores">(B, S).</param>
    /// <param name="memory">(B, S, M).</param>
    /// <param name="bias">(B, S): 0 where there is a token, the most negative number at padding; null: no padding.</param>
    /// <returns>The weighted sum (B, M) and the weights (B, S).</returns>
    public static (Tensor Context, Tensor Weights) Read(Tensor scores, Tensor memory, Tensor? bias)
    {
        var weights = (bias is null ? scores : scores + bias).softmax(1);
        return (weights.unsqueeze(1).matmul(memory).squeeze(1), weights);
    }
}
