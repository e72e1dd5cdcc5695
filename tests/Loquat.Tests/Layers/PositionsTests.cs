using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>fixtures/training/positions: tables of sines and cosines, buckets of distances.</summary>
public sealed class PositionsTests
{
    public static TheoryData<string?> Tables => [.. TrainingSection.Cases("positions", names => names.SetEquals(["table"]))];

    public static TheoryData<string?> Buckets => [.. TrainingSection.Cases("positions", names => names.Contains("bucket"))];

    [Theory, MemberData(nameof(Tables))]
    public void Tables_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var table = TrainingSection.Tensors("positions", name)["table"];
        var about = TrainingSection.Case("positions", name).ToString();
        var form = about.Contains("fairseq", StringComparison.Ordinal) ? SinusoidalForm.Fairseq : about.Contains("all sines", StringComparison.Ordinal) ? SinusoidalForm.Halves : SinusoidalForm.Interleaved;
        Gradients.Close(SinusoidalPositions.Table((int)table.shape[0], (int)table.shape[1], form), table, 1e-6, form.ToString());
    }

    [Theory, MemberData(nameof(Buckets))]
    public void Buckets_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var (about, tensors) = (TrainingSection.Case("positions", name), TrainingSection.Tensors("positions", name));
        var bias = new RelativePositionBias(about.GetProperty("buckets").GetInt32(), about.GetProperty("max_distance").GetInt32(), about.GetProperty("bidirectional").GetBoolean());
        tensors["relative"].data<long>().Select(bias.Bucket).Should().Equal(tensors["bucket"].data<long>());
    }

    [Theory]
    [InlineData(true, 0, 5)]
    [InlineData(false, 0, 5)]
    [InlineData(false, 7, 1)]
    [InlineData(false, 4, 3)]
    public void The_bias_of_a_query_and_a_key_is_the_row_of_their_distance(bool bidirectional, int past, int queries)
    {
        using var scope = NewDisposeScope();
        var positions = new RelativePositionBias(8, 20, bidirectional);
        var table = Gradients.Random(ScalarType.Float32, 5, 8, 3);
        var keys = past + queries;
        var bias = positions.Apply(table, past, queries, keys, causal: !bidirectional, mask: null, ScalarType.Float32);
        bias.shape.Should().Equal(1, 3, queries, keys);
        for (var q = 0; q < queries; q++)
        {
            for (var k = 0; k < keys; k++)
            {
                for (var head = 0; head < 3; head++)
                {
                    var expected = !bidirectional && k > past + q ? float.MinValue : table[positions.Bucket(k - past - q), head].item<float>();
                    bias[0, head, q, k].item<float>().Should().Be(expected);
                }
            }
        }
    }
}
