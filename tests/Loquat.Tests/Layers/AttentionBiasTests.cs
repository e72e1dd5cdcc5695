using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>Which tokens see which, by the definition: causal sight, prefixes, windows, documents, padding, in every combination.</summary>
public sealed class AttentionBiasTests
{
    [Theory]
    [InlineData(true, null)]
    [InlineData(true, 3L)]
    [InlineData(false, null)]
    [InlineData(false, 2L)]
    public void A_token_sees_what_the_definition_allows(bool causal, long? window)
    {
        using var scope = NewDisposeScope();
        const int Tokens = 7;
        long[] documents = [0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 2, 2, 3, 3];
        long[] mask = [1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1];
        long[] prefix = [2, 0];
        foreach (var hasDocuments in (bool[])[false, true])
        {
            foreach (var hasMask in (bool[])[false, true])
            {
                foreach (var hasPrefix in (bool[])[false, true])
                {
                    var context = new ForwardContext
                    {
                        Documents = hasDocuments ? tensor(documents, [2, Tokens]) : null,
                        AttentionMask = hasMask ? tensor(mask, [2, Tokens]) : null,
                        Prefix = hasPrefix ? tensor(prefix) : null,
                    };
                    var bias = Attention.Bias(context, Tokens, Placement.Cpu, causal, window)?.expand(2, 1, Tokens, Tokens);
                    if (bias is null)
                    {
                        (hasDocuments || hasMask || hasPrefix || window is not null).Should().BeFalse();
                        continue;
                    }
                    for (var b = 0; b < 2; b++)
                        for (var row = 0; row < Tokens; row++)
                            for (var column = 0; column < Tokens; column++)
                            {
                                var sees = !causal || column <= row || (hasPrefix && column < prefix[b]);
                                if (window is { } w) sees &= causal ? Math.Abs(row - column) < w : Math.Abs(row - column) <= w;
                                if (hasDocuments) sees &= documents[b * Tokens + row] == documents[b * Tokens + column];
                                // Padding sees itself, so that no row is without a sight.
                                if (hasMask) sees &= mask[b * Tokens + column] == 1 || (causal && row == column && mask[b * Tokens + row] == 0);
                                (bias[b, 0, row, column].item<float>() == 0).Should().Be(sees, $"{causal} {window} {hasDocuments} {hasMask} {hasPrefix}: {b} {row} {column}");
                            }
                }
            }
        }
    }

    [Fact]
    public void Rows_of_a_cache_move_with_their_hypotheses()
    {
        using var scope = NewDisposeScope();
        using var cache = new KvCache(2, 3, 1, 4, 2, Placement.Cpu);
        var keys = arange(12, dtype: ScalarType.Float32).view(3, 1, 2, 2);
        for (var layer = 0; layer < 2; layer++) cache.Append(layer, keys, keys + 100);
        cache.Advance(2);
        cache.Reorder([2, 2, 0, 1]);
        cache.Batch.Should().Be(4);
        var (moved, values) = cache.Append(1, zeros(4, 1, 1, 2), zeros(4, 1, 1, 2));
        using var order = tensor(new long[] { 2, 2, 0, 1 });
        moved.narrow(2, 0, 2).Equals(keys.index_select(0, order)).Should().BeTrue();
        values.narrow(2, 0, 2).Equals(keys.index_select(0, order) + 100).Should().BeTrue();
    }
}
