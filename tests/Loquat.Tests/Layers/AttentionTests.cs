using CsCheck;
using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class AttentionTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 2e-2)]
    public void One_token_after_another_gives_what_all_at_once_give(ScalarType type, double tolerance) =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 40], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 40]).Sample((batch, tokens, keyValueHeads, group, size) =>
        {
            using var scope = NewDisposeScope();
            using var guard = inference_mode();
            // Parts of one tensor, as GPT-2's are: heads lie together, tokens apart.
            var heads = keyValueHeads * group;
            var all = Gradients.Random(type, 1, batch, tokens, heads + 2 * keyValueHeads, size);
            Tensor query = all.narrow(2, 0, heads), key = all.narrow(2, heads, keyValueHeads), value = all.narrow(2, heads + keyValueHeads, keyValueHeads);
            var expected = Attention.Apply(query, key, value, new ForwardContext(), 0, bias: null);
            using var cache = new KvCache(1, batch, keyValueHeads, tokens, size, new Placement(CPU, type));
            for (var t = 0; t < tokens; t++)
            {
                var y = Attention.Apply(query.narrow(1, t, 1), key.narrow(1, t, 1), value.narrow(1, t, 1), new ForwardContext { Cache = cache }, 0, bias: null);
                cache.Advance(1);
                Gradients.Close(y, expected.narrow(1, t, 1), tolerance, $"token {t} of {tokens}");
            }
        }, iter: 40, threads: 1);

    [Fact]
    public void A_full_cache_takes_no_more_tokens()
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var cache = new KvCache(1, 1, 1, 1, 8, Placement.Cpu);
        cache.Advance(1);
        var x = zeros(1, 1, 1, 8);
        FluentActions.Invoking(() => Attention.Apply(x, x, x, new ForwardContext { Cache = cache }, 0, bias: null)).Should().Throw<Exception>();
    }
}
