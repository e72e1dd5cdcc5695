using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.StateSpace;

/// <summary>A short convolution of each channel by itself over the tokens up to the present one, in float32: y_t = b + Σ_j w_(K-1-j) x_(t-j).</summary>
internal static class CausalConvolution
{
    // B batch, T tokens, D channels, K taps

    /// <param name="x">(B, T, D).</param>
    /// <param name="weight">(D, 1, K), as torch.nn.Conv1d stores it.</param>
    /// <param name="bias">(D) or null.</param>
    /// <param name="history">(B, K - 1, D) float32: the inputs before these; null: zeros. Gradients end at it.</param>
    /// <param name="starts">(B, T) uint8, see <see cref="TokenMarks.Bytes"/>: no tap reaches over the beginning of a document. Null: one document.</param>
    /// <returns>(B, T, D) float32.</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, Tensor? history = null, Tensor? starts = null)
    {
        var wide = x.to(ScalarType.Float32).contiguous();
        if (x.device_type != DeviceType.CPU) return Composite(wide, weight, bias, history, starts);
        var beside = new Beside(history, starts);
        if (is_grad_enabled()) return bias is null ? Function.apply(wide, weight, beside) : Function.apply(wide, weight, bias, beside);
        return Forward(wide, weight, bias, beside);
    }

    /// <summary>The inputs that the next tokens will see.</summary>
    /// <param name="x">(B, T, D).</param>
    /// <param name="history">(B, K - 1, D), overwritten.</param>
    public static void Remember(Tensor x, Tensor history)
    {
        if (history.shape[1] == 0) return;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var all = cat([history, x.detach().to(history.dtype)], 1);
        history.copy_(all.narrow(1, all.shape[1] - history.shape[1], history.shape[1]).clone());
    }

    /// <summary>The definition: a sum of shifted inputs.</summary>
    internal static Tensor Composite(Tensor x, Tensor weight, Tensor? bias, Tensor? history, Tensor? starts)
    {
        var (tokens, taps) = (x.shape[1], weight.shape[2]);
        var all = cat([history ?? zeros([x.shape[0], taps - 1, x.shape[2]], device: x.device), x], 1);
        var document = starts?.bitwise_and(SequenceMark.Start).ne(0).to(ScalarType.Int64).cumsum(1);            // (B, T)
        var y = bias is null ? zeros_like(x) : bias.expand_as(x);
        for (long j = 0; j < taps; j++)
        {
            var tap = all.narrow(1, taps - 1 - j, tokens) * weight.select(2, taps - 1 - j).squeeze(1);
            if (document is not null)
            {
                var before = cat([zeros([x.shape[0], Math.Min(j, tokens)], ScalarType.Int64, x.device), document.narrow(1, 0, Math.Max(0, tokens - j))], 1);
                tap = tap.masked_fill(before.ne(document).unsqueeze(-1), 0);
            }
            y = y + tap;
        }
        return y;
    }

    private sealed record Beside(Tensor? History, Tensor? Starts);

    private static Tensor[] Saved(Tensor? tensor) => tensor is null ? [] : [tensor];

    private static unsafe Tensor Forward(Tensor x, Tensor weight, Tensor? bias, Beside beside)
    {
        var y = empty(x.shape);
        using var taps = weight.detach().squeeze(1).t().contiguous();                                           // (K, D)
        var body = new CausalConvolutionKernel.Forward
        {
            X = x.Pointer<float>(),
            Weight = taps.Pointer<float>(),
            Bias = bias is null ? null : bias.Pointer<float>(),
            History = beside.History is null ? null : beside.History.Pointer<float>(),
            Marks = beside.Starts is null ? null : beside.Starts.Pointer<byte>(),
            Y = y.Pointer<float>(),
            Batch = x.shape[0],
            Tokens = x.shape[1],
            Channels = x.shape[2],
            Taps = weight.shape[2],
        };
        OpenMP.For(0, Groups(x), Grain.Rows(x.shape[1] * weight.shape[2] * CausalConvolutionKernel.Group), ref body);
        return y;
    }

    private static long Groups(Tensor x) => x.shape[0] * ((x.shape[2] + CausalConvolutionKernel.Group - 1) / CausalConvolutionKernel.Group);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(CausalConvolution);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (x, weight, bias, beside) = ((Tensor)arguments[0], (Tensor)arguments[1], arguments.Length > 3 ? (Tensor)arguments[2] : null, (Beside)arguments[^1]);
            // The backward pass needs the history as it is now; the cache goes on.
            context.save_for_backward([x, weight, .. Saved(beside.History?.clone()), .. Saved(beside.Starts)]);
            context.save_data("given", (bias is not null, beside.History is not null, beside.Starts is not null));
            return Forward(x, weight, bias, beside);
        }

        public override unsafe List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using var guard = no_grad();
            var saved = context.get_saved_variables();
            var (x, weight) = (saved[0], saved[1]);
            var (hasBias, hasHistory, hasStarts) = ((bool, bool, bool))context.get_data("given");
            var beside = new Beside(hasHistory ? saved[2] : null, hasStarts ? saved[^1] : null);
            var (batch, channels, count) = (x.shape[0], x.shape[2], weight.shape[2]);
            using var taps = weight.squeeze(1).t().contiguous();
            using var dy = gradient.contiguous();
            var dx = zeros_like(x);
            using var parts = zeros(batch, count + 1, channels);
            var body = new CausalConvolutionKernel.Backward
            {
                X = x.Pointer<float>(),
                Weight = taps.Pointer<float>(),
                History = beside.History is null ? null : beside.History.Pointer<float>(),
                Marks = beside.Starts is null ? null : beside.Starts.Pointer<byte>(),
                Dy = dy.Pointer<float>(),
                Dx = dx.Pointer<float>(),
                Dweight = parts.Pointer<float>(),
                Batch = batch,
                Tokens = x.shape[1],
                Channels = channels,
                Taps = count,
            };
            OpenMP.For(0, Groups(x), Grain.Rows(x.shape[1] * count * CausalConvolutionKernel.Group), ref body);
            var sums = parts.sum([0L]);                                                                            // (K + 1, D)
            var dweight = sums.narrow(0, 0, count).t().contiguous().unsqueeze(1);                               // (D, 1, K)
            return hasBias ? [dx, dweight, sums[count].clone(), null!] : [dx, dweight, null!];
        }
    }
}
