using System.Diagnostics;
using CsCheck;
using Loquat.Layers;
using Loquat.Native;
using Loquat.Optimization.Rules;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Native;

/// <summary>The choice belongs to the whole process, so no other test may run beside these.</summary>
[CollectionDefinition(nameof(ProductsTests), DisableParallelization = true)]
public sealed class ProductsCollection;

[Collection(nameof(ProductsTests))]
public sealed class ProductsTests : IDisposable
{
    private readonly ProductChoice _before = Products.Choice;

    public void Dispose() => Products.Choice = _before;

    public static TheoryData<string, ScalarType> Choices => new()
    {
        { "libtorch", ScalarType.Float32 }, { "libtorch", ScalarType.BFloat16 }, { "onednn", ScalarType.Float32 }, { "onednn", ScalarType.BFloat16 },
    };

    private static double Tolerance(ScalarType type) => type == ScalarType.Float32 ? 1e-5 : 2e-2;

    private static void Use(string library)
    {
        Assert.SkipUnless(library == "libtorch" || OneDnn.Takes(ScalarType.Float32), "oneDNN's product is not offered by this libtorch, or not on this processor");
        Products.Choice = library == "onednn" ? ProductChoice.OneDnn : ProductChoice.Libtorch;
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void A_product_is_the_same_whatever_the_strides_and_the_library(string library, ScalarType type)
    {
        Use(library);
        var sizes = Gen.Int[1, 70];
        Gen.Select(sizes, sizes, sizes, Gen.Int[0, 3], Gen.Int[0, 3], Gen.Select(Gen.Bool, Gen.Bool)).Sample((m, k, n, left, right, more) =>
        {
            using var scope = NewDisposeScope();
            var (add, wideResult) = more;
            var a = Laid(left, type, 1, m, k);
            var b = Laid(right, type, 2, k, n);
            var y = wideResult ? Gradients.Random(type, 3, m, n + 5).narrow(1, 2, n) : Gradients.Random(type, 3, m, n);
            var expected = a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64)) + (add ? y.to(ScalarType.Float64) : 0);
            using var guard = no_grad();
            Products.Into(y, a, b, add);
            Gradients.Close(y.contiguous(), expected.to(type), Tolerance(type), $"{m} × {k} × {n}, laid out as {left} and {right}");
        }, iter: 200);

        // As it is, transposed, a slice of columns, a slice of a transposed matrix.
        static Tensor Laid(int how, ScalarType type, int seed, long rows, long columns) => how switch
        {
            0 => Gradients.Random(type, seed, rows, columns),
            1 => Gradients.Random(type, seed, columns, rows).t(),
            2 => Gradients.Random(type, seed, rows, columns + 3).narrow(1, 1, columns),
            _ => Gradients.Random(type, seed, columns, rows + 3).narrow(1, 2, rows).t(),
        };
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Stacks_take_factors(string library, ScalarType type)
    {
        Use(library);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (a, b, y) = (Gradients.Random(type, 1, 3, 20, 31), Gradients.Random(type, 2, 3, 31, 17), Gradients.Random(type, 3, 3, 20, 17));
        var expected = 0.5 * y.to(ScalarType.Float64) - 2 * a.to(ScalarType.Float64).bmm(b.to(ScalarType.Float64));
        Products.Stack(y, a, b, beta: 0.5f, alpha: -2);
        Gradients.Close(y, expected.to(type), Tolerance(type), "stack");
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Shapes_that_do_not_fit_are_an_exception_and_not_the_end_of_the_process(string library, ScalarType type)
    {
        Use(library);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (y, a, b) = (zeros([4, 5], type), zeros([4, 3], type), zeros([2, 5], type));
        var wrong = () => Products.Into(y, a, b);
        wrong.Should().Throw<System.Runtime.InteropServices.ExternalException>();
        var mixed = () => Products.Into(y, a, zeros([3, 5], ScalarType.Float64));
        mixed.Should().Throw<System.Runtime.InteropServices.ExternalException>();
        var empty = () => Products.Into(zeros([0, 5], type), zeros([0, 3], type), zeros([3, 5], type));
        empty.Should().NotThrow();
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Linear_layers_differentiate(string library, ScalarType type)
    {
        Use(library);
        foreach (var (transposed, withBias) in ((bool, bool)[])[(false, false), (false, true), (true, true)])
        {
            using var scope = NewDisposeScope();
            Tensor[] Leaves() =>
            [
                Gradients.Random(type, 1, 3, 7, 33).requires_grad_(true), Gradients.Random(type, 2, transposed ? [33, 20] : [20, 33]).requires_grad_(true),
                Gradients.Random(ScalarType.Float32, 3, 20).requires_grad_(true),
            ];
            var (ours, theirs) = (Leaves(), Leaves());
            var dy = Gradients.Random(type, 4, 3, 7, 20);
            var bias = withBias ? ours[2] : null;
            var y = transposed ? Linear.ApplyTransposed(ours[0], ours[1], ours[2]) : Linear.Apply(ours[0], ours[1], bias);
            var expected = Linear.Composite(theirs[0], theirs[1], withBias ? theirs[2] : null, transposed);
            y.backward([dy]);
            expected.backward([dy]);
            Gradients.Close(y.detach(), expected.detach(), Tolerance(type), "y");
            for (var i = 0; i < (withBias ? 3 : 2); i++) Gradients.Close(ours[i].grad!, theirs[i].grad!, 2 * Tolerance(type), $"gradient {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Newton_Schulz_moves_singular_values_to_one(string library, ScalarType type)
    {
        Use(library);
        foreach (var (rows, columns) in ((long, long)[])[(40, 40), (24, 70), (70, 24)])
        {
            using var scope = NewDisposeScope();
            var x = Gradients.Random(ScalarType.Float32, 1, 2, rows, columns);
            x = x / x.square().sum([1L, 2L], keepdim: true).sqrt();
            var (_, values, _) = linalg.svd(NewtonSchulz.Orthogonalize(x.to(type), 5).to(ScalarType.Float32), fullMatrices: false);
            values.max().item<float>().Should().BeLessThan(1.3f);
            values.median().item<float>().Should().BeGreaterThan(0.6f);
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_same_product_has_the_same_bits(string library, ScalarType type)
    {
        Use(library);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (a, b) = (Gradients.Random(type, 1, 300, 257), Gradients.Random(type, 2, 257, 190));
        byte[] Bits()
        {
            using var y = empty([300, 190], type);
            Products.Into(y, a, b);
            return y.bytes.ToArray();
        }
        var first = Bits();
        for (var i = 0; i < 5; i++) Bits().Should().Equal(first);
    }

    [Theory, MemberData(nameof(Choices))]
    public void Single_columns_of_wider_matrices_give_and_get_their_product(string library, ScalarType type)
    {
        Use(library);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        for (var size = 1; size < 80; size++)
        {
            foreach (var (slicedLeft, slicedRight, add) in new[] { (false, false, false), (true, false, true), (false, true, false), (true, true, true) })
            {
                var a = slicedLeft ? Gradients.Random(type, 1, size, size + 3).narrow(1, 1, size) : Gradients.Random(type, 1, size, size);
                var b = slicedRight ? Gradients.Random(type, 2, size, 4).narrow(1, 1, 1) : Gradients.Random(type, 2, 1, size).t();
                var wide = Gradients.Random(type, 3, size, 6);
                var (y, others) = (wide.narrow(1, 2, 1), wide.clone());
                var expected = a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64)) + (add ? y.to(ScalarType.Float64) : 0);
                Products.Into(y, a, b, add);
                Gradients.Close(y.contiguous(), expected.to(type), Tolerance(type), $"{size}");
                for (var column = 0; column < 6; column++)
                    if (column != 2) wide.select(1, column).Equals(others.select(1, column)).Should().BeTrue($"column {column} is not the product's");
            }
        }
    }

    /// <summary>What an operator is called with must outlive the call, whenever the collector comes.</summary>
    [Fact]
    public void The_factors_of_stacked_products_survive_the_garbage_collector()
    {
        using var scope = NewDisposeScope();
        var (a, b, y) = (rand(2, 3, 4), rand(2, 4, 3), zeros(2, 3, 3));
        var expected = a.matmul(b) * 0.5f;
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested) GC.Collect(0);
        });
        collector.Start();
        try
        {
            // Where the process is large each collection takes long, and a product waits for it.
            for (var (i, watch) = (0, Stopwatch.StartNew()); i < 20_000 && watch.Elapsed < TimeSpan.FromSeconds(5); i++) Products.ByLibtorch(y, a, b, 0, 0.5f);
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
        (y - expected).abs().max().item<float>().Should().BeLessThan(1e-6f);
    }
}
