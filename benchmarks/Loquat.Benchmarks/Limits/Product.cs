using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Limits;

/// <summary>One way to have the library compute a product.</summary>
/// <param name="Run">Computes the product of the given layer's operands.</param>
internal sealed record Variant(string Name, Func<int, Tensor> Run);

/// <summary>
/// A matrix product of a training step, with operands of its own for every layer, so that weights come from memory as they
/// do in a real step and not from a cache that the previous repetition filled.
/// </summary>
internal sealed class Product : IDisposable
{
    private readonly List<Tensor> _operands = [];

    private Product(string name, string part, int layers, double flopPerLayer, Placement placement)
    {
        (Name, Part, Layers, FlopPerLayer, _placement) = (name, part, layers, flopPerLayer, placement);
    }

    private readonly Placement _placement;

    public string Name { get; }

    /// <summary>The line of the report to which its time counts.</summary>
    public string Part { get; }

    public int Layers { get; }

    public double FlopPerLayer { get; }

    public List<Variant> Variants { get; } = [];

    /// <summary>Products of this precision.</summary>
    internal sealed record Placement(ScalarType Type);

    private Tensor[] New(params long[] shape)
    {
        var tensors = Enumerable.Range(0, Layers).Select(_ => One()).ToArray();
        _operands.AddRange(tensors);
        return tensors;

        Tensor One()
        {
            // What the draw leaves behind would stay until a collection: gigabytes.
            using var scope = NewDisposeScope();
            return randn(shape).mul_(0.02).to_type(_placement.Type).DetachFromDisposeScope();
        }
    }

    private void Add(string name, Func<int, Tensor> run) => Variants.Add(new(name, run));

    /// <summary>y = x·Wᵀ + b, x (M, K), y (M, N): with the weight stored (N, K), as torch.nn.Linear, or (K, N), as GPT-2's files.</summary>
    public static Product Forward(string layer, int layers, long m, long k, long n, Placement placement)
    {
        var p = new Product($"{layer} forward", "linear forward", layers, 2.0 * m * k * n, placement);
        var (x, w, wt, b, y) = (p.New(m, k), p.New(n, k), p.New(k, n), p.New(n), p.New(m, n));
        p.Add("mm(x, W.t)", i => mm(x[i], w[i].t()));
        p.Add("addmm(b, x, W.t)", i => addmm(b[i], x[i], w[i].t(), 1, 1));
        p.Add("mm(x, W[K,N])", i => mm(x[i], wt[i]));
        p.Add("mm(x, W.t, out)", i => Aten.MmOut(x[i], w[i].t(), y[i]));
        p.Add("mm(W, x.t) -> y.t", i => mm(w[i], x[i].t()));
        if (placement.Type == ScalarType.Float32) p.Add("mkldnn_linear", i => Aten.MkldnnLinear(x[i], w[i], b[i]));
        return p;
    }

    /// <summary>dx = dy·W.</summary>
    public static Product InputGradient(string layer, int layers, long m, long k, long n, Placement placement)
    {
        var p = new Product($"{layer} dX", "linear dX", layers, 2.0 * m * k * n, placement);
        var (dy, w, wt, dx) = (p.New(m, n), p.New(n, k), p.New(k, n), p.New(m, k));
        p.Add("mm(dy, W)", i => mm(dy[i], w[i]));
        p.Add("mm(dy, W[K,N].t)", i => mm(dy[i], wt[i].t()));
        p.Add("mm(dy, W, out)", i => Aten.MmOut(dy[i], w[i], dx[i]));
        if (placement.Type == ScalarType.Float32) p.Add("mkldnn_linear_backward_input", i => Aten.MkldnnInputGradient(dy[i], w[i]));
        return p;
    }

    /// <summary>dW = dyᵀ·x.</summary>
    public static Product WeightGradient(string layer, int layers, long m, long k, long n, Placement placement)
    {
        var p = new Product($"{layer} dW", "linear dW", layers, 2.0 * m * k * n, placement);
        var (dy, x, dw, dwt) = (p.New(m, n), p.New(m, k), p.New(n, k), p.New(k, n));
        p.Add("mm(dy.t, x)", i => mm(dy[i].t(), x[i]));
        p.Add("mm(x.t, dy)", i => mm(x[i].t(), dy[i]));
        p.Add("mm(dy.t, x, out)", i => Aten.MmOut(dy[i].t(), x[i], dw[i]));
        p.Add("mm(x.t, dy, out)", i => Aten.MmOut(x[i].t(), dy[i], dwt[i]));
        p.Add("addmm_(dW, dy.t, x)", i => dw[i].addmm_(dy[i].t(), x[i]).alias());
        if (placement.Type == ScalarType.Float32) p.Add("mkldnn_linear_backward_weights", i => Aten.MkldnnWeightGradient(dy[i], x[i], w: dw[i]));
        return p;
    }

    /// <summary>The batched products of attention over a full square, forward (2) and backward (4).</summary>
    public static IEnumerable<Product> Attention(int layers, long batchHeads, long tokens, long headSize, Placement placement)
    {
        Product Bmm(string name, int times, long rows, long inner, long columns, bool transposeRight)
        {
            var p = new Product($"attention {name}", "attention", layers, times * 2.0 * batchHeads * rows * inner * columns, placement);
            var a = p.New(batchHeads, rows, inner);
            var b = transposeRight ? p.New(batchHeads, columns, inner) : p.New(batchHeads, inner, columns);
            p.Add($"bmm × {times}", i =>
            {
                for (var t = 1; t < times; t++) bmm(a[i], transposeRight ? b[i].transpose(1, 2) : b[i]).Dispose();
                return bmm(a[i], transposeRight ? b[i].transpose(1, 2) : b[i]);
            });
            return p;
        }
        yield return Bmm("q·kᵀ, dO·vᵀ", 2, tokens, headSize, tokens, transposeRight: true);
        yield return Bmm("P·v, dS·k, dSᵀ·q, Pᵀ·dO", 4, tokens, tokens, headSize, transposeRight: false);
    }

    /// <summary>All products of one step.</summary>
    public static List<Product> OfStep(StepSetting setting)
    {
        var shape = setting.Shape;
        var placement = new Placement(setting.Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32);
        long m = (long)setting.Batch * setting.Tokens, width = shape.Width;
        (string, int, long, long)[] layers = shape.Gated is { } inner
            ?
            [
                ("q, k, v and out", 4 * shape.Layers, width, width),
                ("gate and up", 2 * shape.Layers, width, inner), ("down", shape.Layers, inner, width),
                ("lm_head", 1, width, shape.Vocabulary),
            ]
            :
            [
                ("qkv", shape.Layers, width, 3 * width), ("proj", shape.Layers, width, width),
                ("fc", shape.Layers, width, 4 * width), ("fc_proj", shape.Layers, 4 * width, width),
                ("lm_head", 1, width, shape.Vocabulary),
            ];
        var products = new List<Product>();
        foreach (var (name, count, k, n) in layers)
        {
            products.Add(Forward(name, count, m, k, n, placement));
            products.Add(InputGradient(name, count, m, k, n, placement));
            products.Add(WeightGradient(name, count, m, k, n, placement));
        }
        products.AddRange(Attention(shape.Layers, (long)setting.Batch * shape.Heads, setting.Tokens, width / shape.Heads, placement));
        return products;
    }

    public void Dispose()
    {
        foreach (var tensor in _operands) tensor.Dispose();
    }
}
