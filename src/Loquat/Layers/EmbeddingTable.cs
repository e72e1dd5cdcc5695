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
        using var rows = table.MoreRows is { } more ? Lookup(table, more, flat) : table.Value.index_select(0, flat);
        return rows.view([.. ids.shape, table.Value.shape[1]]);
    }

    /// <summary>gradient[ids[n]] += rows[n].</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <param name="gradient">(B, T, E): the gradient of what <see cref="Lookup(Parameter, Tensor)"/> gave.</param>
    public static void AccumulateGradient(Parameter table, Tensor ids, Tensor gradient)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (flat, rows) = (ids.reshape(-1), gradient.reshape(-1, table.Value.shape[1]));
        if (table.MoreRows is { } more)
        {
            var places = flat.ge(table.Value.shape[0]).nonzero().squeeze(1);
            Add(more, flat.index_select(0, places) - table.Value.shape[0], rows.index_select(0, places));
            var rest = flat.lt(table.Value.shape[0]).nonzero().squeeze(1);
            (flat, rows) = (flat.index_select(0, rest), rows.index_select(0, rest));
        }
        Add(table, flat, rows);
    }

    private static void Add(Parameter table, Tensor ids, Tensor rows)
    {
        if (!table.Trains) return;
        var sum = table.Value.grad;
        if (sum is null) table.Value.grad = sum = zeros_like(table.Value);
        sum.index_add_(0, ids, rows, 1);
    }

    /// <summary>Ids from the table's length on are rows of what follows it.</summary>
    private static Tensor Lookup(Parameter table, Parameter more, Tensor ids)
    {
        using var scope = NewDisposeScope();
        var length = table.Value.shape[0];
        var rows = table.Value.index_select(0, ids.clamp(max: length - 1));
        var places = ids.ge(length).nonzero().squeeze(1);
        return rows.index_copy_(0, places, more.Value.index_select(0, ids.index_select(0, places) - length)).MoveToOuterDisposeScope();
    }
}
