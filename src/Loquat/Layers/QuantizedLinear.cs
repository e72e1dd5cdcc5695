using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Affine maps whose weight is kept in few bits (QLoRA): it is decoded for each product, forward and backward, and let go of again, so that no step ever holds the weights of two layers whole.</summary>
internal static class QuantizedLinear
{
    /// <param name="x">(…, I).</param>
    /// <param name="weight">(O, I), or (I, O) where it is <paramref name="transposed"/>.</param>
    /// <param name="bias">(O) or null.</param>
    /// <returns>(…, O).</returns>
    public static Tensor Apply(Tensor x, QuantizedWeight weight, Tensor? bias, bool transposed)
    {
        if (is_grad_enabled()) return bias is null ? Function.apply(x, weight, transposed) : Function.apply(x, weight, transposed, bias);
        using var decoded = weight.Decode();
        return Linear.Apply(x, decoded, bias, transposed);
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(QuantizedLinear);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (x, weight, transposed, bias) = ((Tensor)arguments[0], (QuantizedWeight)arguments[1], (bool)arguments[2], arguments.Length > 3 ? (Tensor)arguments[3] : null);
            context.save_data("map", (weight, transposed));
            context.save_data("needs", (x.requires_grad, bias?.requires_grad));
            using var guard = no_grad();
            using var decoded = weight.Decode();
            return Linear.Apply(x, decoded, bias, transposed);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var (weight, transposed) = ((QuantizedWeight, bool))context.get_data("map");
            var (needsX, needsBias) = ((bool, bool?))context.get_data("needs");
            using var dy = gradient.reshape(-1, gradient.shape[^1]).contiguous();           // (N, O)
            Tensor? dx = null, dbias = null;
            if (needsX)
            {
                using var decoded = weight.Decode();
                var inputs = decoded.shape[transposed ? 0 : 1];
                dx = empty([.. gradient.shape[..^1], inputs], dtype: gradient.dtype);
                using var rows = dx.view(-1, inputs);                                       // (N, I)
                if (transposed) Products.IntoTransposed(rows, dy, decoded);
                else Products.Into(rows, dy, decoded);
            }
            if (needsBias is not { } bias) return [dx!, null!, null!];
            if (bias) Bias.Gradient(dy, dbias = empty([dy.shape[1]], dtype: ScalarType.Float32), add: false);
            return [dx!, null!, null!, dbias!];
        }
    }
}
