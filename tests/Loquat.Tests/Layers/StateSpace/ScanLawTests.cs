using CsCheck;
using Loquat.Layers;
using Loquat.Layers.StateSpace;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers.StateSpace;

/// <summary>Kernels of recurrences give what their definitions give, for all shapes, with padding, documents and a state to begin with; a text in pieces is the text.</summary>
public sealed class ScanLawTests
{
    private static readonly Gen<(long Batch, long Tokens, long Channels, long States, int Seed)> _shapes =
        Gen.Select(Gen.Long[1, 3], Gen.Long[2, 40], Gen.Long[1, 75], Gen.Long[1, 6], Gen.Int[1, 1000]);

    [Fact]
    public void The_selective_scan_is_its_definition() => _shapes.Sample(shape =>
    {
        using var scope = NewDisposeScope();
        var (batch, tokens, channels, states, seed) = shape;
        var marks = Marks(batch, tokens, seed);
        Tensor[] inputs =
        [
            Random(seed, batch, tokens, channels), Random(seed + 1, batch, tokens, channels), -exp(Random(seed + 2, channels, states)), Random(seed + 3, batch, tokens, states),
            Random(seed + 4, batch, tokens, states), Random(seed + 5, channels), Random(seed + 6, batch, tokens, channels),
        ];
        var begin = Random(seed + 7, batch, states, channels);
        var (first, second) = (begin.clone(), begin.clone());
        Gradients.AgreeWith(
            t => SelectiveScan.Composite(t[0], t[1], t[2], t[3], t[4], t[5], t[6], first, marks), t => SelectiveScan.Apply(t[0], t[1], t[2], t[3], t[4], t[5], t[6], second, marks), 2e-5, inputs);
        Gradients.Close(second, first, 2e-5, "state");
    }, iter: 40, threads: 1);

    [Fact]
    public void The_mean_of_rwkv_is_its_definition() => _shapes.Sample(shape =>
    {
        using var scope = NewDisposeScope();
        var (batch, tokens, channels, _, seed) = shape;
        var marks = Marks(batch, tokens, seed);
        Tensor[] inputs = [-exp(Random(seed, channels)), Random(seed + 1, channels), 3 * Random(seed + 2, batch, tokens, channels), Random(seed + 3, batch, tokens, channels)];
        using var guard = no_grad();
        var begin = Wkv.State(batch, channels);
        Wkv.Apply(inputs[0], inputs[1], Random(seed + 4, batch, 3, channels), Random(seed + 5, batch, 3, channels), begin);
        using var on = enable_grad();
        var (first, second) = (begin.clone(), begin.clone());
        Gradients.AgreeWith(t => Wkv.Composite(t[0], t[1], t[2], t[3], first, marks), t => Wkv.Apply(t[0], t[1], t[2], t[3], second, marks), 2e-5, inputs);
        Gradients.Close(second, first, 2e-5, "state");
    }, iter: 40, threads: 1);

    [Fact]
    public void The_convolution_is_its_definition() => _shapes.Sample(shape =>
    {
        using var scope = NewDisposeScope();
        var (batch, tokens, channels, taps, seed) = shape;
        var starts = Marks(batch, tokens, seed) is { Starts: not null } marks ? (marks with { Padding = null }).Bytes : null;
        var history = Random(seed + 1, batch, taps - 1, channels);
        Gradients.AgreeWith(
            t => CausalConvolution.Composite(t[0], t[1], t[2], history, starts), t => CausalConvolution.Apply(t[0], t[1], t[2], history, starts), 1e-5,
            Random(seed + 2, batch, tokens, channels), Random(seed + 3, channels, 1, taps), Random(seed + 4, channels));
        Gradients.AgreeWith(
            t => CausalConvolution.Composite(t[0], t[1], null, null, starts), t => CausalConvolution.Apply(t[0], t[1], null, null, starts), 1e-5, Random(seed + 2, batch, tokens, channels), Random(seed + 3, channels, 1, taps));
    }, iter: 40, threads: 1);

    [Fact]
    public void Keys_and_lengths_that_would_overflow_do_not()
    {
        using var scope = NewDisposeScope();
        var k = cat([full([1, 5000, 8], 300f), full([1, 5000, 8], -300f)], 1).requires_grad_(true);
        var y = Wkv.Apply(full([8], -0.01f).requires_grad_(true), zeros(8), k, Random(3, 1, 10000, 8));
        y.sum().backward();
        y.isfinite().all().item<bool>().Should().BeTrue();
        k.grad!.isfinite().all().item<bool>().Should().BeTrue();
        y.abs().max().item<float>().Should().BeLessThan(5f);
    }

    [Fact]
    public void Chunks_of_linear_attention_are_one_sum() => Gen.Select(Gen.Long[1, 50], Gen.Bool, Gen.Int[1, 1000]).Sample((tokens, bonus, seed) =>
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (Random(seed, 2, 3, tokens, 4), Random(seed + 1, 2, 3, tokens, 4), Random(seed + 2, 2, 3, tokens, 5));
        var (decay, u) = (-exp(Random(seed + 3, 3, 4)), bonus ? Random(seed + 4, 3, 4) : null);
        var (output, state) = LinearAttention.Apply(q, k, v, decay, u);
        var s = zeros(2, 3, 4, 5);
        for (var t = 0; t < tokens; t++)
        {
            var fresh = k.select(2, t).unsqueeze(-1) * v.select(2, t).unsqueeze(-2);
            var next = exp(decay).unsqueeze(-1) * s + fresh;
            var y = q.select(2, t).unsqueeze(-2).matmul(u is null ? next : s + u.unsqueeze(-1) * fresh).squeeze(-2);
            (output.select(2, t) - y).abs().max().item<float>().Should().BeLessThan(1e-4f);
            s = next;
        }
        Gradients.Close(state, s, 1e-5, "state");
    }, iter: 30, threads: 1);

    private static Tensor Random(int seed, params long[] shape) => Gradients.Random(ScalarType.Float32, seed, shape);

    /// <summary>Padding and beginnings of documents here and there.</summary>
    private static TokenMarks? Marks(long batch, long tokens, int seed)
    {
        var chance = Gradients.Random(ScalarType.Float32, seed + 100, batch, tokens);
        return seed % 5 == 0 ? null : new(seed % 2 == 0 ? null : chance.gt(1), seed % 2 != 0 && seed % 3 == 0 ? null : chance.lt(-1.2));
    }
}
