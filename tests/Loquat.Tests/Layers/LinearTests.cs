using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class LinearTests
{
    [Theory]
    [InlineData(1, 1, ScalarType.Float32, 1e-5)]
    [InlineData(768, 2304, ScalarType.Float32, 1e-5)]
    [InlineData(33, 131, ScalarType.Float32, 1e-5)]
    [InlineData(130, 70, ScalarType.Float32, 1e-5)]
    [InlineData(768, 300, ScalarType.BFloat16, 1e-2)]
    [InlineData(35, 67, ScalarType.BFloat16, 1e-2)]
    public void A_single_row_gives_what_the_matrix_product_gives(long inputs, long outputs, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var x = Gradients.Random(type, 1, 1, 1, inputs);
        var weight = Gradients.Random(type, 2, outputs, inputs);
        var bias = Gradients.Random(ScalarType.Float32, 3, outputs);
        var expected = (x.to(ScalarType.Float64).matmul(weight.to(ScalarType.Float64).t()) + bias).to(type);
        using var guard = inference_mode();
        Gradients.Close(Linear.Apply(x, weight, bias), expected, tolerance, "(O, I)");
        Gradients.Close(Linear.ApplyTransposed(x, weight.t().contiguous(), bias), expected, tolerance, "(I, O)");
        Gradients.Close(Linear.Apply(x, weight), (expected.to(ScalarType.Float64) - bias).to(type), 3 * tolerance, "without bias");
    }
}
