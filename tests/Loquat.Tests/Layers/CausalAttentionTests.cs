using System.Runtime.Intrinsics;
using CsCheck;
using Loquat.Kernels;
using Loquat.Layers;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>Attention of training passes against its definition in float64, over shapes that fill no register and no block evenly.</summary>
public sealed class CausalAttentionTests
{
    private static readonly Gen<(int Sequences, int Tokens, int KeyValueHeads, int Group, int HeadSize)> _shapes =
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 150], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 70]);

    [Fact]
    public void Gives_what_its_definition_gives_in_every_width_and_cut() => _shapes.Sample((sequences, tokens, keyValueHeads, group, headSize) =>
    {
        using var scope = NewDisposeScope();
        var given = new Given(ScalarType.Float32, sequences, tokens, keyValueHeads, group, headSize);
        var whole = given.Run<float, Single32, Lanes256, Vector256<float>>(cut: 0);
        var expected = given.Definition();
        Results.Close(whole, expected, 2e-5);
        Results.Close(given.Run<float, Single32, Lanes512, Vector512<float>>(cut: 0), expected, 2e-5);
        var cut = given.Run<float, Single32, Lanes256, Vector256<float>>(cut: (sequences * keyValueHeads + 1) / 2);
        Results.Close(cut, whole, 0);
    }, iter: 60, threads: 1);

    [Fact]
    public void Gives_what_its_definition_gives_in_bfloat16() => _shapes.Sample((sequences, tokens, keyValueHeads, group, headSize) =>
    {
        using var scope = NewDisposeScope();
        var given = new Given(ScalarType.BFloat16, sequences, tokens, keyValueHeads, group, headSize);
        Results.Close(given.Run<ushort, Brain16, Lanes512, Vector512<float>>(cut: 0), given.Definition(), 2e-2);
    }, iter: 20, threads: 1);

    [Fact]
    public void A_token_that_is_not_a_number_reaches_every_later_one_and_no_earlier_one()
    {
        using var scope = NewDisposeScope();
        var given = new Given(ScalarType.Float32, sequences: 1, tokens: 70, keyValueHeads: 1, group: 1, headSize: 24);
        given.Key[40, 3] = float.NaN;
        foreach (var y in (Tensor[])[given.Run<float, Single32, Lanes256, Vector256<float>>(0).Y, given.Run<float, Single32, Lanes512, Vector512<float>>(0).Y])
        {
            y.narrow(0, 0, 40).isnan().any().item<bool>().Should().BeFalse();
            y.narrow(0, 40, 30).isnan().all().item<bool>().Should().BeTrue();
        }
    }

    [Fact]
    public void Scores_far_apart_neither_overflow_nor_vanish()
    {
        using var scope = NewDisposeScope();
        var given = new Given(ScalarType.Float32, sequences: 1, tokens: 100, keyValueHeads: 1, group: 2, headSize: 16);
        given.Query.mul_(1000);
        Results.Close(given.Run<float, Single32, Lanes512, Vector512<float>>(0) with { Dquery = zeros(1), Dkey = zeros(1) },
            given.Definition() with { Dquery = zeros(1), Dkey = zeros(1) }, 2e-3);
    }

    [Fact]
    public void A_single_token_has_no_gradients_of_queries_and_keys_but_the_rounding_of_what_cancels()
    {
        // Softmax over one score is 1 whatever it is. What the kernel leaves is within the rounding of dy · v - dy · y.
        using var scope = NewDisposeScope();
        var given = new Given(ScalarType.Float32, sequences: 1, tokens: 1, keyValueHeads: 1, group: 3, headSize: 12);
        var expected = given.Definition();
        expected.Dquery.abs().max().item<double>().Should().BeLessThan(1e-14);
        Results.Close(given.Run<float, Single32, Lanes256, Vector256<float>>(0), expected, 2e-5);
    }

    /// <param name="Floors">What the gradients of queries and keys are measured against at least: a twentieth of the terms that cancel in them.</param>
    private sealed record Results(Tensor Y, Tensor Dquery, Tensor Dkey, Tensor Dvalue, (double Query, double Key) Floors)
    {
        public static void Close(Results actual, Results expected, double tolerance)
        {
            Gradients.Close(actual.Y, expected.Y, tolerance, "value");
            Gradients.Close(actual.Dvalue, expected.Dvalue, tolerance, "gradient of the values");
            Gradients.Close(actual.Dquery, expected.Dquery, tolerance, "gradient of the queries", expected.Floors.Query);
            Gradients.Close(actual.Dkey, expected.Dkey, tolerance, "gradient of the keys", expected.Floors.Key);
        }
    }

    private sealed class Given
    {
        private readonly int _sequences, _tokens, _keyValueHeads, _group, _headSize;
        private readonly Tensor _value, _dy;

        public Given(ScalarType type, int sequences, int tokens, int keyValueHeads, int group, int headSize)
        {
            (_sequences, _tokens, _keyValueHeads, _group, _headSize) = (sequences, tokens, keyValueHeads, group, headSize);
            long rows = sequences * tokens, queries = keyValueHeads * group * headSize, keys = keyValueHeads * headSize;
            // Slices of wider rows, as GPT-2's are.
            var wide = Gradients.Random(type, 1, rows, queries + 2 * keys + 5);
            Query = wide.narrow(1, 1, queries);
            Key = wide.narrow(1, 1 + queries, keys);
            _value = wide.narrow(1, 1 + queries + keys, keys);
            _dy = Gradients.Random(type, 2, rows, queries);
        }

        public Tensor Query { get; }

        public Tensor Key { get; }

        /// <param name="cut">Where the heads are divided into two runs.</param>
        public Results Run<T, TElement, TLanes, V>(long cut) where T : unmanaged where TElement : IElement<T> where TLanes : ILanes<V> where V : struct
        {
            var attention = new CausalAttention(Query, Key, _value, _tokens, _headSize);
            var logSums = empty(attention.Rows);
            var y = empty_like(_dy);
            var forward = attention.ForwardKernel<T, TElement>(y, logSums);
            forward.Run<TLanes, V>(0, cut);
            forward.Run<TLanes, V>(cut, attention.Indices);
            // Gradients lie as what they are gradients of.
            var wide = full([Query.shape[0], Query.stride(0)], 7f, dtype: Query.dtype);
            long queries = Query.shape[1], keys = Key.shape[1];
            Tensor dquery = wide.narrow(1, 1, queries), dkey = wide.narrow(1, 1 + queries, keys), dvalue = wide.narrow(1, 1 + queries + keys, keys);
            var backward = attention.BackwardKernel<T, TElement>(logSums, _dy, dquery, dkey, dvalue);
            backward.Run<TLanes, V>(0, cut);
            backward.Run<TLanes, V>(cut, attention.Indices);
            wide.narrow(1, 0, 1).eq(7).all().item<bool>().Should().BeTrue("nothing before a row's heads is touched");
            wide.narrow(1, 1 + queries + 2 * keys, 4).eq(7).all().item<bool>().Should().BeTrue("nothing after a row's heads is touched");
            return new(y, dquery, dkey, dvalue, (1e-3, 1e-3));
        }

        public Results Definition()
        {
            Tensor Leaf(Tensor x) => x.detach().to(ScalarType.Float64).clone().requires_grad_(true);
            Tensor Heads(Tensor x) => x.view(_sequences, _tokens, -1, _headSize).transpose(1, 2);
            Tensor query = Leaf(Query), key = Leaf(Key), value = Leaf(_value);
            Tensor Shared(Tensor x) => Heads(x).repeat_interleave(_group, 1);
            var scores = Heads(query).matmul(Shared(key).transpose(2, 3)) / Math.Sqrt(_headSize);
            var mask = ones(_tokens, _tokens, dtype: ScalarType.Bool).triu(1);
            var y = scores.masked_fill(mask, double.NegativeInfinity).softmax(-1).matmul(Shared(value)).transpose(1, 2).reshape(Query.shape);
            y.backward([_dy.to(ScalarType.Float64)]);
            return new(y, query.grad!, key.grad!, value.grad!, Floors());

            // dscore = p (dy · v - Σ p dy · v): its terms, with no sign to cancel them.
            (double, double) Floors()
            {
                var weights = scores.detach().masked_fill(mask, double.NegativeInfinity).softmax(-1);
                var products = Heads(_dy.to(ScalarType.Float64)).matmul(Shared(value.detach()).transpose(2, 3));         // (B, H, T, T)
                var terms = weights * (products.abs() + (weights * products).sum(-1, keepdim: true).abs()) / Math.Sqrt(_headSize);
                double Largest(Tensor x) => Math.Max(1e-3, 0.05 * x.max().item<double>());
                return (Largest(terms.matmul(Shared(key.detach()).abs())), Largest(terms.transpose(2, 3).matmul(Heads(query.detach()).abs())));
            }
        }
    }
}
