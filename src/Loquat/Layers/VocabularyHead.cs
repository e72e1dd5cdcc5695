using Loquat.Kernels;
using Loquat.Losses;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// The projection to the vocabulary together with softmax cross-entropy, forward and backward in one visit, in chunks of
/// tokens: the logits, the largest tensor of a step, never exist whole.
/// </summary>
public static class VocabularyHead
{
    /// <summary>Bytes of logits held at once. Measured: products of fewer rows than this gives lose speed, more wins nothing.</summary>
    private const long ChunkBytes = 128L << 20;

    /// <summary>Sum over counted positions of -log softmax(hidden · Wᵀ)[label], in nats.</summary>
    /// <param name="hidden">(N, E), compute type, not connected to autograd.</param>
    /// <param name="head">(V, E); its gradient is accumulated when <paramref name="gradient"/> is given.</param>
    /// <param name="labels">(N) int64; negative labels (-100) do not count.</param>
    /// <param name="scale">Factor of the gradients: 1 / tokens of the whole batch.</param>
    /// <param name="gradient">(N, E), overwritten with the gradient of the scaled sum; null: the loss alone.</param>
    /// <param name="losses">When given, receives each position's loss (0 where not counted); length N.</param>
    /// <param name="bias">(V) or (1, V), added to the logits; its gradient is accumulated as the head's is, where it has one.</param>
    /// <param name="cap">Logits z become cap · tanh(z / cap); null: they do not.</param>
    /// <param name="options">Label smoothing, z-loss, weights of the classes; null: none.</param>
    /// <param name="weights">Factor of the gradient of each position's loss, beside <paramref name="scale"/>; length N. The losses are told without it. Null: each 1.</param>
    /// <param name="likeliest">When given, receives the label with the largest logit of each position, of equals the first; length N. Not with a gradient.</param>
    public static double CrossEntropy(Tensor hidden, Parameter head, Tensor labels, double scale, Tensor? gradient, double[]? losses = null, Parameter? bias = null, double? cap = null, LossOptions? options = null, long[]? likeliest = null, float[]? weights = null)
    {
        if (likeliest is not null && gradient is not null) throw new ArgumentException("the likeliest labels are found where there is no gradient.", nameof(likeliest));
        using var guard = no_grad();
        options ??= LossOptions.Plain;
        options.CheckClasses(head.Value.shape[0]);
        if (options.RDropAlpha > 0) return PairedHead.CrossEntropy(hidden, head, labels, scale, gradient, losses, bias, cap, options);
        var weight = head.Value;
        var rows = hidden.shape[0];
        losses ??= new double[rows];
        var chunks = Math.Max(1, (rows * weight.shape[0] * weight.element_size() + ChunkBytes - 1) / ChunkBytes);
        var size = (rows + chunks - 1) / chunks;
        for (long first = 0; first < rows; first += size)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(size, rows - first);
            var h = hidden.narrow(0, first, count);                                 // (n, E)
            var (padded, logits) = LogitsOf(h, weight);
            if (bias is not null) logits.add_(bias.Value);
            var tanh = cap is { } height ? Cap(logits, height) : null;
            Reduce(padded, logits, labels.narrow(0, first, count), scale, losses.AsSpan((int)first, (int)count), gradient is null, options);
            if (likeliest is not null) logits.argmax(1).cpu().data<long>().CopyTo(likeliest.AsSpan((int)first, (int)count));
            if (gradient is null) continue;
            if (tanh is not null) logits.mul_(1 - tanh.square());
            if (weights is not null) logits.mul_(tensor(weights.AsSpan((int)first, (int)count).ToArray(), device: logits.device).to(logits.dtype).unsqueeze(1));
            using var target = gradient.narrow(0, first, count);
            Products.Into(target, logits, weight);                                  // (n, E)
            head.AddGradient(logits, h);                                            // (V, E)
            if (bias is { Trains: true, Value.requires_grad: true }) AddBiasGradient(bias, logits);
        }
        double sum = 0;
        foreach (var loss in losses) sum += loss;
        return sum;
    }

    /// <summary>A loss of one's own in place of cross-entropy, whose derivative autograd finds chunk by chunk.</summary>
    /// <param name="loss">Of the logits of some positions, (n, V) float32, which autograd follows; their labels, (n); and the number of the first of them: each one's loss, (n).</param>
    /// <returns>The sum of the losses.</returns>
    /// <inheritdoc cref="CrossEntropy"/>
    internal static double Custom(Tensor hidden, Parameter head, Tensor labels, double scale, Tensor gradient, double? cap, Func<Tensor, Tensor, long, Tensor> loss)
    {
        using var guard = no_grad();
        var (weight, rows, sum) = (head.Value, hidden.shape[0], 0.0);
        // Autograd keeps a few copies of a chunk.
        var chunks = Math.Max(1, (rows * weight.shape[0] * sizeof(float) * 4 + ChunkBytes - 1) / ChunkBytes);
        var size = (rows + chunks - 1) / chunks;
        for (long first = 0; first < rows; first += size)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(size, rows - first);
            var h = hidden.narrow(0, first, count);                                 // (n, E)
            var (_, logits) = LogitsOf(h, weight);
            var tanh = cap is { } height ? Cap(logits, height) : null;
            using (enable_grad())
            {
                var leaf = logits.detach().to(ScalarType.Float32).requires_grad_(true);
                var total = loss(leaf, labels.narrow(0, first, count), first).sum();
                sum += total.item<float>();
                (total * scale).backward();
                using var still = no_grad();
                logits.copy_(leaf.grad!);
            }
            if (tanh is not null) logits.mul_(1 - tanh.square());
            using var target = gradient.narrow(0, first, count);
            Products.Into(target, logits, weight);                                  // (n, E)
            head.AddGradient(logits, h);                                            // (V, E)
        }
        return sum;
    }

    // (n, V), and the rows they stand in, whose stride suits the product.
    private static (Tensor Padded, Tensor Logits) LogitsOf(Tensor h, Tensor weight)
    {
        var padded = empty([h.shape[0], Stride(weight, h.shape[0])], dtype: weight.dtype, device: weight.device);
        var logits = padded.narrow(1, 0, weight.shape[0]);
        Products.IntoTransposed(logits, h, weight);
        return (padded, logits);
    }

    /// <summary>Caps logits in place.</summary>
    /// <returns>tanh(z / cap), for the derivative.</returns>
    internal static Tensor Cap(Tensor logits, double cap)
    {
        var tanh = logits.div_(cap).tanh_().clone();
        logits.mul_(cap);
        return tanh;
    }

    internal static void AddBiasGradient(Parameter bias, Tensor logits)
    {
        var sum = logits.sum([0L], type: ScalarType.Float32);                       // (V)
        var (gradient, add) = bias.GradientBuffer();
        if (add) gradient.add_(sum);
        else gradient.copy_(sum);
        gradient.Dispose();
    }

    /// <summary>
    /// Elements between rows of logits. Rows that begin on a cache line make MKL's product up to 1.5 times faster than rows of, say, 50,257 elements; a distance that is
    /// a multiple of a page would put every row on the same cache sets. oneDNN would copy such rows together first.
    /// </summary>
    private static long Stride(Tensor weight, long rows)
    {
        var (vocabulary, width) = (weight.shape[0], weight.shape[1]);
        var kind = new ProductKind(ProductKind.PrecisionOf(weight), ProductForm.Plain, 2.0 * rows * vocabulary * width >= ProductKind.LargeFlops);
        if (Products.UseOneDnn(kind, weight) || Products.UseOneDnn(kind with { Form = ProductForm.LeftTransposed }, weight)) return vocabulary;
        var stride = (vocabulary + 31) / 32 * 32;
        return stride % 1024 == 0 ? stride + 32 : stride;
    }

    private static void Reduce(Tensor padded, Tensor logits, Tensor labels, double scale, Span<double> losses, bool lossOnly, LossOptions options)
    {
        if (!logits.HasKernel())
        {
            ReduceComposite(logits, labels, scale, losses, lossOnly, options);
            return;
        }
        using var flat = labels.contiguous();
        if (logits.dtype == ScalarType.Float32) Reduce<float, Single32>(padded, logits.shape[1], flat, scale, losses, lossOnly, options);
        else Reduce<ushort, Brain16>(padded, logits.shape[1], flat, scale, losses, lossOnly, options);
    }

    private static unsafe void Reduce<T, TElement>(Tensor padded, long vocabulary, Tensor labels, double scale, Span<double> losses, bool lossOnly, LossOptions options)
        where T : unmanaged where TElement : IElement<T>
    {
        var (label, each) = options.Shares(vocabulary);
        fixed (double* sums = losses)
        fixed (float* weights = options.ClassWeights)
        {
            var body = new CrossEntropyKernel<T, TElement>
            {
                Logits = padded.Pointer<T>(),
                Labels = labels.Pointer<long>(),
                Losses = sums,
                Vocabulary = vocabulary,
                Stride = padded.shape[1],
                Scale = (float)scale,
                LossOnly = lossOnly,
                IsShaped = !options.IsPlain,
                Label = label,
                Each = each,
                Squared = options.ZLoss,
                Weights = weights,
                WeightSum = options.ClassWeights?.Sum(weight => (double)weight) ?? vocabulary,
            };
            OpenMP.For(0, padded.shape[0], Grain.Rows(body.Vocabulary), ref body);
        }
    }

    /// <summary>The definition, in tensor operations: other devices, and the reference of the tests.</summary>
    internal static void ReduceComposite(Tensor logits, Tensor labels, double scale, Span<double> losses, bool lossOnly, LossOptions options)
    {
        using var scope = NewDisposeScope();
        if (!options.IsPlain)
        {
            ReduceShaped(logits, labels, scale, losses, lossOnly, options);
            return;
        }
        var logProbabilities = (logits.dtype == ScalarType.Float64 ? logits : logits.to(ScalarType.Float32)).log_softmax(-1);
        var counted = labels.ge(0);                                                 // (n)
        var target = labels.clamp(min: 0).unsqueeze(1);                             // (n, 1)
        var loss = logProbabilities.gather(1, target).squeeze(1).neg() * counted;
        loss.to(ScalarType.Float64).cpu().data<double>().CopyTo(losses);
        if (lossOnly) return;
        var gradient = logProbabilities.exp();
        gradient.scatter_add_(1, target, full_like(target, -1, dtype: ScalarType.Float32));
        logits.copy_(gradient * counted.unsqueeze(1) * scale);
    }

    private static void ReduceShaped(Tensor logits, Tensor labels, double scale, Span<double> losses, bool lossOnly, LossOptions options)
    {
        using var grad = enable_grad();
        var leaf = logits.detach().to(ScalarType.Float32).clone().requires_grad_(true);
        var each = CrossEntropyLoss.Each(leaf, labels, options);
        each.detach().to(ScalarType.Float64).cpu().data<double>().CopyTo(losses);
        if (lossOnly) return;
        (each.sum() * scale).backward();
        using var guard = no_grad();
        logits.copy_(leaf.grad!);
    }
}
