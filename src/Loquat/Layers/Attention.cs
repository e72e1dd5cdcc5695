using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Causal scaled dot-product attention (Vaswani et al. 2017) over queries that may share key and value heads (Ainslie et al. 2023).</summary>
public static class Attention
{
    // B batch, T new tokens, S cached + new tokens, H query heads, K key/value heads, D head size

    /// <summary>Attends from each token to itself and the tokens before it.</summary>
    /// <param name="query">(B, T, H, D).</param>
    /// <param name="key">(B, T, K, D).</param>
    /// <param name="value">(B, T, K, D).</param>
    /// <param name="bias">From <see cref="Bias"/>; null: causal without padding.</param>
    /// <param name="dropout">Probability of dropping an attention weight, 0 to 1.</param>
    /// <param name="scale">Factor of the scores; null: 1 / √D.</param>
    /// <param name="causal">Where there is no bias: whether a token sees those before it only.</param>
    /// <returns>(B, T, H · D).</returns>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, ForwardContext context, int layer, Tensor? bias, double dropout = 0, double? scale = null, bool causal = true) =>
        Apply(query, key, value, context, layer, bias, new AttentionSettings { Dropout = dropout, Scale = scale, Causal = causal });

    /// <summary>As above, with all that attention may have.</summary>
    /// <param name="query">(B, T, H, D).</param>
    /// <param name="key">(B, T, K, D).</param>
    /// <param name="value">(B, T, K, D).</param>
    /// <param name="bias">From <see cref="Bias"/>, made for the same window; null: plain.</param>
    /// <returns>(B, T, H · D).</returns>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, ForwardContext context, int layer, Tensor? bias, AttentionSettings settings)
    {
        var (batch, tokens, heads) = (query.shape[0], query.shape[1], query.shape[2]);
        if (settings.Scale is { } factor) query = query * (factor * Math.Sqrt(query.shape[3]));   // libtorch's operator divides by √D itself
        var cache = context.Cache switch
        {
            null => null,
            KvCache keysAndValues => keysAndValues,
            _ => throw new OptionsException($"attention keeps keys and values; the cache given is a {context.Cache.GetType().Name}. Take one from the model's NewCache."),
        };
        // One new token within a window needs no mask: it reads the last of the cache.
        var skipped = tokens == 1 && bias is null && settings.Window is { } window ? Math.Max(0, context.Past + 1 - window) : 0;
        if (tokens == 1 && bias is null && cache is { } room && !context.Training && settings is { SoftCap: null, Sinks: null } && IsRow(query, key, value, room, layer))
            return Row(query, key, value, room, layer, skipped);
        var q = query.transpose(1, 2);                                  // (B, H, T, D)
        var k = key.transpose(1, 2);                                    // (B, K, T, D)
        var v = value.transpose(1, 2);
        if (cache is not null) (k, v) = cache.Append(layer, k, v);     // (B, K, S, D)
        else if (context.KeyValues is { } before) (k, v) = before.Join(layer, k, v);
        if (skipped > 0) (k, v) = (k.narrow(2, skipped, k.shape[2] - skipped), v.narrow(2, skipped, v.shape[2] - skipped));
        (k, v) = (Repeat(k, heads), Repeat(v, heads));                  // (B, H, S, D)
        var causal = settings.Causal && bias is null && tokens > 1;
        var dropout = context.Training ? settings.Dropout : 0;
        // libtorch's operator draws from a generator that is not the step's.
        var written = dropout > 0 || settings is not { SoftCap: null, Sinks: null };
        var y = !written ? nn.functional.scaled_dot_product_attention(q, k, v, bias, is_casual: causal) : Written(q, k, v, bias, causal, dropout, settings);
        return y.transpose(1, 2).reshape(batch, tokens, heads * query.shape[3]);
    }

    /// <summary>The definition, for what libtorch's operator does not have.</summary>
    private static Tensor Written(Tensor q, Tensor k, Tensor v, Tensor? bias, bool causal, double dropout, AttentionSettings settings)
    {
        var scores = (q / Math.Sqrt(q.shape[3])).matmul(k.transpose(2, 3)).to(ScalarType.Float32);         // (B, H, T, S)
        if (settings.SoftCap is { } cap) scores = (scores / cap).tanh() * cap;
        if (bias is not null) scores = scores + bias;
        if (causal) scores = scores.masked_fill(ones(scores.shape[2], scores.shape[3], dtype: ScalarType.Bool, device: scores.device).triu(1), float.NegativeInfinity);
        if (settings.Sinks is { } sinks) scores = cat([scores, sinks.view(1, -1, 1, 1).expand(scores.shape[0], -1, scores.shape[2], 1)], -1);
        var weights = scores.softmax(-1);
        if (settings.Sinks is not null) weights = weights.narrow(3, 0, k.shape[2]);
        weights = Dropout.Apply(weights, dropout, training: true);
        return weights.to(v.dtype).matmul(v);                                                              // (B, H, T, D)
    }

    /// <summary>The additive mask of one forward pass, shared by all layers: 0 where attention is allowed, the most negative number elsewhere.</summary>
    /// <param name="causal">Whether a token sees those before it only.</param>
    /// <param name="window">A token sees so many before it, itself included; without <paramref name="causal"/>, those at most so far away on either side. Null: all.</param>
    /// <returns>(B or 1, 1, T, S), or null when plain attention needs none.</returns>
    public static Tensor? Bias(ForwardContext context, long tokens, Placement placement, bool causal = true, long? window = null)
    {
        var past = context.Past;
        var limited = window is { } w && past + tokens > w;
        // One new token without a mask reads the last of the cache instead.
        if (causal && tokens == 1 && context.AttentionMask is null) limited = false;
        if (context is { AttentionMask: null, Documents: null, Prefix: null, Branches: null } && !limited && (!causal || past == 0 || tokens == 1)) return null;
        if ((context.Documents ?? context.Prefix) is not null && past > 0) throw new OptionsException("packed documents and prefixes are of whole sequences; they cannot go on from a cache.");
        using var scope = NewDisposeScope();
        var rows = arange(past, past + tokens, device: placement.Device).unsqueeze(1);          // (T, 1)
        var columns = arange(0, past + tokens, device: placement.Device).unsqueeze(0);          // (1, S)
        var allowed = (causal ? columns.le(rows) : columns.ge(0).expand(tokens, -1)).unsqueeze(0).unsqueeze(0);                 // (1, 1, T, S)
        if (context.Prefix is { } prefix) allowed = allowed.logical_or(columns.lt(prefix.view(-1, 1, 1, 1)));
        if (context.Branches is { } branches) allowed = allowed.logical_and(SameBranch(branches, past));
        if (limited) allowed = allowed.logical_and(Apart(context, rows, columns, past).le(causal ? window!.Value - 1 : window!.Value));
        if (context.Documents is { } documents) allowed = allowed.logical_and(documents.unsqueeze(1).unsqueeze(3).eq(documents.unsqueeze(1).unsqueeze(2)));
        if (context.AttentionMask is { } mask) allowed = allowed.logical_and(mask.to(ScalarType.Bool).unsqueeze(1).unsqueeze(1));
        // Padding before a text sees itself at least, and so stays finite whatever follows.
        if (causal && context.AttentionMask is not null) allowed = allowed.logical_or(columns.eq(rows));
        // A finite number, as the reference has it: a row of padding alone then attends evenly instead of giving NaN.
        var bias = zeros(allowed.shape, dtype: placement.Compute, device: placement.Device);
        return bias.masked_fill_(allowed.logical_not(), placement.Compute == ScalarType.Float32 ? float.MinValue : -3.38953e38f).MoveToOuterDisposeScope();
    }

    /// <summary>How many places tokens are from each other, (B or 1, 1, T, S). Branches lie one after another, so that their places are told by the positions.</summary>
    private static Tensor Apart(ForwardContext context, Tensor rows, Tensor columns, long past)
    {
        if (context is not { Branches: not null, Positions: { } places }) return (rows - columns).abs().unsqueeze(0).unsqueeze(0);
        var cached = arange(0, past, device: places.device).unsqueeze(0).expand(places.shape[0], -1);               // (B, past)
        return (places.unsqueeze(2) - cat([cached, places], 1).unsqueeze(1)).abs().unsqueeze(1);
    }

    /// <summary>(B, 1, T, S): a token of the trunk or the cache is seen by all, another by those of its branch.</summary>
    private static Tensor SameBranch(Tensor branches, long past)
    {
        var (from, to) = (branches.unsqueeze(1).unsqueeze(3), branches.unsqueeze(1).unsqueeze(2));
        var same = from.eq(to).logical_or(to.lt(0));
        return past == 0 ? same : cat([ones([.. same.shape[..3], past], dtype: ScalarType.Bool, device: branches.device), same], 3);
    }

    /// <summary>Whether the kernel of one new token serves: nothing for autograd to follow, heads that lie together, and a place left in the cache.</summary>
    private static bool IsRow(Tensor query, Tensor key, Tensor value, KvCache cache, int layer) =>
        !is_grad_enabled() && query.HasKernel() && cache.Storage(layer).Keys.dtype == query.dtype && key.dtype == query.dtype && value.dtype == query.dtype &&
        query.stride(3) == 1 && key.stride(3) == 1 && value.stride(3) == 1 && cache.Length < cache.Capacity;

    private static Tensor Row(Tensor query, Tensor key, Tensor value, KvCache cache, int layer, long skipped) => query.dtype == ScalarType.Float32
        ? Row<float, Single32>(query, key, value, cache, layer, skipped)
        : Row<ushort, Brain16>(query, key, value, cache, layer, skipped);

    private static unsafe Tensor Row<T, TElement>(Tensor query, Tensor key, Tensor value, KvCache cache, int layer, long skipped) where T : unmanaged where TElement : IElement<T>
    {
        var (batch, heads, size) = (query.shape[0], query.shape[2], query.shape[3]);
        var (keys, values) = cache.Storage(layer);
        var y = empty([batch, 1, heads * size], dtype: query.dtype);
        using var scratch = empty(batch * heads * (cache.Past + 1 + size), dtype: ScalarType.Float32);
        var body = new RowAttentionKernel<T, TElement>
        {
            Query = query.Pointer<T>(),
            Key = key.Pointer<T>(),
            Value = value.Pointer<T>(),
            QuerySequence = query.stride(0),
            QueryHead = query.stride(2),
            KeySequence = key.stride(0),
            KeyHead = key.stride(2),
            ValueSequence = value.stride(0),
            ValueHead = value.stride(2),
            // A kernel that begins later sees fewer: the places before are another's business.
            Keys = keys.Pointer<T>() + skipped * size,
            Values = values.Pointer<T>() + skipped * size,
            Output = y.Pointer<T>(),
            Sums = scratch.Pointer<float>(),
            Scores = scratch.Pointer<float>() + batch * heads * size,
            Past = cache.Past - skipped,
            Capacity = cache.Virtual + cache.Capacity,
            Heads = heads,
            KeyValueHeads = key.shape[2],
            HeadSize = size,
            Scale = (float)(1 / Math.Sqrt(size)),
        };
        OpenMP.For(0, batch * body.KeyValueHeads, Grain.Rows(2 * (cache.Past + 1) * size * heads / body.KeyValueHeads), ref body);
        return y;
    }

    private static Tensor Repeat(Tensor x, long heads)
    {
        var groups = heads / x.shape[1];
        if (groups == 1) return x;
        return x.unsqueeze(2).expand(x.shape[0], x.shape[1], groups, x.shape[2], x.shape[3])
            .reshape(x.shape[0], heads, x.shape[2], x.shape[3]);
    }
}
