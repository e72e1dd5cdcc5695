using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Native;

/// <summary>Measures each kind of product by each library, in turns, in about half a second.</summary>
internal static class ProductProbe
{
    private const int Rounds = 7;
    private const int StackMatrices = 8;

    /// <summary>A slow machine gets fewer repetitions than <see cref="Rounds"/>.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(120);

    // Rows, inputs and outputs of a layer: those of a small model, and of one of 768 features.
    private static readonly (long Rows, long Inputs, long Outputs) Small = (768, 128, 384), Large = (768, 768, 1536), Stacked = (192, 512, 192);

    public static IReadOnlyList<ProductRate> Measure()
    {
        using var guard = no_grad();
        return [.. ProductKind.All.Select(Measure)];
    }

    private static ProductRate Measure(ProductKind kind)
    {
        using var scope = NewDisposeScope();
        var (result, a, b, flops) = Operands(kind);
        var oneDnn = OneDnn.Takes(a.dtype);
        var (libtorch, direct) = (double.MaxValue, double.MaxValue);
        var gains = new List<double>();
        var total = Stopwatch.StartNew();
        for (var round = 0; round <= Rounds && (round < 4 || total.Elapsed < Budget); round++)
        {
            var first = Seconds(() => Products.ByLibtorch(result, a, b, 0, 1));
            var second = oneDnn ? Seconds(() => OneDnn.Multiply(result, a, b, 0, 1)) : double.MaxValue;
            // The first round pages the operands in and has the libraries make their code.
            if (round == 0) continue;
            (libtorch, direct) = (Math.Min(libtorch, first), Math.Min(direct, second));
            gains.Add(first / second);
        }
        gains.Sort();
        return new(kind, Math.Round(flops / libtorch / 1e9, 1), oneDnn ? Math.Round(flops / direct / 1e9, 1) : 0, Math.Round(gains[gains.Count / 2], 3));
    }

    private static (Tensor Result, Tensor A, Tensor B, double Flops) Operands(ProductKind kind)
    {
        var type = kind.Precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var (rows, inputs, outputs) = kind.Form == ProductForm.Stack ? Stacked : kind.Large ? Large : Small;
        var flops = 2.0 * rows * inputs * outputs;
        Tensor New(params long[] shape) => ones(shape, type, CPU);
        return kind.Form switch
        {
            ProductForm.Plain => (New(rows, inputs), New(rows, outputs), New(outputs, inputs), flops),
            ProductForm.RightTransposed => (New(rows, outputs), New(rows, inputs), New(outputs, inputs).t(), flops),
            ProductForm.LeftTransposed => (New(outputs, inputs), New(rows, outputs).t(), New(rows, inputs), flops),
            _ => (New(StackMatrices, rows, outputs), New(StackMatrices, rows, inputs), New(StackMatrices, inputs, outputs), StackMatrices * flops),
        };
    }

    private static double Seconds(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }
}
