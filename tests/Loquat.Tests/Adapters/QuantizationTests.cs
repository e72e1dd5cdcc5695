using Loquat.Kernels;
using Loquat.Layers;
using Loquat.Native;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Adapters;

/// <summary>Weights in few bits: what is exact, how far the rest may be off, and that products are those of what the bits decode to.</summary>
public sealed class QuantizationTests
{
    public static TheoryData<QuantizationKind, long> Cases => new MatrixTheoryData<QuantizationKind, long>([QuantizationKind.Int8, QuantizationKind.Nf4], [1, 7, 64, 65, 640, 1001]);

    [Theory, MemberData(nameof(Cases))]
    public void No_weight_is_further_off_than_half_the_widest_step_of_its_block(QuantizationKind kind, long count)
    {
        Libtorch.Initialize();
        using var scope = NewDisposeScope();
        var values = Gradients.Random(ScalarType.Float32, 3, count) * 0.02;
        if (count > 64) values[TensorIndex.Slice(0, 64)] = 0;   // a block of zeros stays one
        using var quantized = new QuantizedWeight(values, kind);
        var (original, decoded) = (values.data<float>().ToArray(), quantized.Decode().data<float>().ToArray());
        var codes = QuantizationKernel.Codes.ToArray();
        var widest = kind == QuantizationKind.Int8 ? 1.0 / QuantizationKernel.Steps : codes.Zip(codes.Skip(1), (a, b) => (double)b - a).Max();
        for (var first = 0; first < count; first += QuantizationKernel.Block)
        {
            var block = Enumerable.Range(first, (int)Math.Min(QuantizationKernel.Block, count - first)).ToList();
            var largest = block.Max(i => Math.Abs(original[i]));
            foreach (var i in block) Math.Abs(original[i] - decoded[i]).Should().BeLessThanOrEqualTo((float)(largest * (widest / 2 + 1e-6)), $"weight {i}");
            var peak = block.First(i => Math.Abs(original[i]) == largest);
            decoded[peak].Should().BeApproximately(original[peak], 1e-6f * largest);
        }
    }

    [Fact]
    public void Of_normal_numbers_four_bits_by_quantiles_are_nearer_than_four_bits_in_equal_steps()
    {
        Libtorch.Initialize();
        using var scope = NewDisposeScope();
        var values = Gradients.Random(ScalarType.Float32, 5, 1 << 14);
        using var quantized = new QuantizedWeight(values, QuantizationKind.Nf4);
        var error = (quantized.Decode() - values).square().mean().item<float>();
        var blocks = values.view(-1, QuantizationKernel.Block);
        var scale = blocks.abs().amax([1L], keepdim: true) / 7;
        var even = ((blocks / scale).round() * scale - blocks).square().mean().item<float>();
        error.Should().BeLessThan(0.9f * even);
        quantized.Bytes.Should().Be((1 << 13) + 4 * (1 << 8));
    }

    [Theory]
    [InlineData(QuantizationKind.Int8, ScalarType.Float32, false)]
    [InlineData(QuantizationKind.Nf4, ScalarType.Float32, true)]
    [InlineData(QuantizationKind.Nf4, ScalarType.BFloat16, false)]
    public void Products_and_their_gradients_are_those_of_what_the_bits_decode_to(QuantizationKind kind, ScalarType type, bool transposed)
    {
        var placement = new Placement(Placement.Cpu.Device, type);
        using var scope = NewDisposeScope();
        using var weight = new Parameter(new("w", transposed ? [6, 10] : [10, 6], Initializer.Normal(0.3), ParameterRole.Matrix), placement, seed: 1);
        using var bias = new Parameter(new("b", [10], Initializer.Normal(0.3), ParameterRole.Vector), placement, seed: 1);
        weight.Quantize(kind);
        weight.Trains.Should().BeFalse();
        var decoded = weight.Value;
        Gradients.AgreeWith(
            x => Linear.Apply(x[0], decoded, bias.Value, transposed), x => transposed ? Linear.ApplyTransposed(x[0], weight, bias) : Linear.Apply(x[0], weight, bias), 1e-6, Gradients.Random(type, 7, 3, 5, 6));
        using var guard = no_grad();
        var one = Gradients.Random(type, 8, 1, 6);
        Gradients.Close(transposed ? Linear.ApplyTransposed(one, weight, bias) : Linear.Apply(one, weight, bias), Linear.Apply(one, decoded, bias.Value, transposed), 1e-6, "one row");
    }
}
