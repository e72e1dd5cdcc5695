using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// Rows of a table by index. Its gradient does not go through autograd: that would make a dense gradient of the table for
/// a few thousand rows, and add it to the gradient of a tied head with another pass over memory. Instead the rows'
/// gradients are added in place to the table's gradient.
/// </summary>
public static class EmbeddingTable
{
    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, E), not connected to autograd.</returns>
    public static Tensor Lookup(Parameter table, Tensor ids)
    {
        using var guard = no_grad();
        using var flat = ids.reshape(-1);
        using var rows = table.Value.index_select(0, flat);
        return rows.view([.. ids.shape, table.Value.shape[1]]);
    }

    /// <summary>gradient[ids[n]] += rows[n].</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <param name="gradient">(B, T, E): the gradient of what <see cref="Lookup"/> gave.</param>
    public static void AccumulateGradient(Parameter table, Tensor ids, Tensor gradient)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sum = table.Value.grad;
        if (sum is null) table.Value.grad = sum = zeros_like(table.Value);
        sum.index_add_(0, ids.reshape(-1), gradient.reshape(-1, table.Value.shape[1]), 1);
    }
}
