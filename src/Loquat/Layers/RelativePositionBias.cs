using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// What attention scores gain by the distance of key and query, learned for buckets of distances (Raffel et al. 2020, section 2.1): half of the buckets hold one distance
/// each, the others distances that grow logarithmically, the last all from <paramref name="maxDistance"/> on.
/// </summary>
/// <param name="buckets">Rows of the table; hf `relative_attention_num_buckets`. From 2, or from 4 where both sides are told apart.</param>
/// <param name="maxDistance">`relative_attention_max_distance`.</param>
/// <param name="bidirectional">Keys before and after a query have buckets of their own; otherwise keys after it share bucket 0.</param>
public sealed class RelativePositionBias(int buckets, int maxDistance, bool bidirectional)
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="relative">Position of the key less that of the query.</param>
    public long Bucket(long relative)
    {
        var count = bidirectional ? buckets / 2 : buckets;
        var first = bidirectional && relative > 0 ? count : 0;
        var distance = bidirectional ? Math.Abs(relative) : -Math.Min(relative, 0);
        var exact = count / 2;
        if (distance < exact) return first + distance;
        // In float32, as the reference has it: where a logarithm falls on a whole number, rounding decides.
        var part = MathF.Log(distance / (float)exact) / (float)Math.Log(maxDistance / (double)exact) * (count - exact);
        return first + Math.Min(exact + (long)part, count - 1);
    }

    /// <summary>The bias of a stretch of queries to all keys so far, the same for all layers of a stack.</summary>
    /// <param name="table">(buckets, H).</param>
    /// <param name="past">Position of the first query.</param>
    /// <param name="queries">T.</param>
    /// <param name="keys">S.</param>
    /// <param name="causal">Keys after a query get the most negative number.</param>
    /// <param name="mask">What <see cref="Attention.Bias"/> gave, added; null: nothing.</param>
    /// <returns>(B or 1, H, T, S), of the table's gradient.</returns>
    public Tensor Apply(Tensor table, long past, long queries, long keys, bool causal, Tensor? mask, ScalarType type)
    {
        using var scope = NewDisposeScope();
        // One bucket for each distance; the rows of a query are a window of them.
        var distances = new long[queries + keys - 1];
        for (var i = 0; i < distances.Length; i++) distances[i] = Bucket(i - (queries - 1) - past);
        var rows = table.index_select(0, tensor(distances, device: table.device)).to(type);                         // (T + S - 1, H)
        var bias = rows.t().unfold(1, keys, 1).flip(1).unsqueeze(0);                                                // (1, H, T, S)
        if (mask is not null) return (bias + mask).MoveToOuterDisposeScope();
        if (!causal || queries == 1) return bias.contiguous().MoveToOuterDisposeScope();
        var after = ones([queries, keys], dtype: ScalarType.Bool, device: table.device).triu(past + 1);
        return bias.masked_fill(after, type == ScalarType.Float32 ? float.MinValue : -3.38953e38f).MoveToOuterDisposeScope();
    }
}
