using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// Rotary position embedding (Su et al. 2021, RoFormer) in Hugging Face's half-split layout, with the normalization
/// of queries and keys fused in where the architecture has one.
/// </summary>
public sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor _cos; // (positions, D / 2) float32
    private readonly Tensor _sin; // (positions, D / 2) float32

    /// <param name="headSize">D, even.</param>
    /// <param name="maxPositions">Rows of the table: `max_position_embeddings`.</param>
    /// <param name="theta">Base of the wavelengths: `rope_theta`.</param>
    public RotaryEmbedding(int headSize, int maxPositions, double theta, Device device)
    {
        var half = headSize / 2;
        var cos = new float[maxPositions * (long)half];
        var sin = new float[maxPositions * (long)half];
        for (var i = 0; i < half; i++)
        {
            // The reference computes frequencies and angles in float32; so do we, to agree with it at long range.
            var frequency = 1f / MathF.Pow((float)theta, 2f * i / headSize);
            for (var p = 0; p < maxPositions; p++)
            {
                var angle = p * frequency;
                cos[p * (long)half + i] = (float)Math.Cos(angle);
                sin[p * (long)half + i] = (float)Math.Sin(angle);
            }
        }
        using var scope = NewDisposeScope();
        _cos = tensor(cos, [maxPositions, half]).to(device).DetachFromDisposeScope();
        _sin = tensor(sin, [maxPositions, half]).to(device).DetachFromDisposeScope();
    }

    /// <param name="x">(B, T, H, D).</param>
    /// <param name="positions">(B, T) int64, or null: positions run from <paramref name="offset"/>.</param>
    /// <param name="offset">Position of the first token when <paramref name="positions"/> is null.</param>
    /// <param name="weight">(D) float32 gain of the normalization of each head, or null for none.</param>
    /// <param name="epsilon">`rms_norm_eps`.</param>
    /// <returns>(B, T, H, D).</returns>
    public Tensor Apply(Tensor x, Tensor? positions, long offset, Tensor? weight, double epsilon) => x.HasKernel()
        ? Function.apply(x, weight!, new Arguments(_cos, _sin, positions, offset, (float)epsilon))
        : Composite(x, positions, offset, weight, epsilon);

    /// <summary>The definition, in tensor operations: other devices, and the reference of the tests.</summary>
    internal Tensor Composite(Tensor x, Tensor? positions, long offset, Tensor? weight, double epsilon)
    {
        if (weight is not null) x = RmsNorm.Composite(x, weight, epsilon);
        var at = positions ?? arange(offset, offset + x.shape[1], dtype: ScalarType.Int64, device: x.device).unsqueeze(0);
        var cos = cat([_cos[at], _cos[at]], -1).unsqueeze(2); // (B, T, 1, D)
        var sin = cat([_sin[at], _sin[at]], -1).unsqueeze(2);
        var parts = x.chunk(2, -1);
        return (x * cos + cat([-parts[1], parts[0]], -1) * sin).to(x.dtype);
    }

    /// <summary>The kernel itself, without autograd, positions from 0.</summary>
    /// <param name="x">(B, T, H, D), contiguous.</param>
    /// <param name="y">(B, T, H, D), overwritten; may be <paramref name="x"/>.</param>
    /// <param name="weight">(D) float32, or null: no normalization.</param>
    /// <param name="reciprocal">(B · T · H) float32, overwritten; what the backward pass needs where there is a weight.</param>
    internal void Forward(Tensor x, Tensor y, Tensor? weight, Tensor? reciprocal, double epsilon)
    {
        var arguments = new Arguments(_cos, _sin, null, 0, (float)epsilon);
        if (x.dtype == ScalarType.Float32) Function.Forward<float, Single32>(x, y, weight, reciprocal, arguments);
        else Function.Forward<ushort, Brain16>(x, y, weight, reciprocal, arguments);
    }

    /// <param name="saved">x, weight and reciprocal of the forward pass; empty where there was no weight.</param>
    /// <param name="dy">(B, T, H, D).</param>
    /// <param name="dx">(B, T, H, D), overwritten; may be <paramref name="dy"/>.</param>
    /// <param name="dw">(D) float32, overwritten or added to.</param>
    internal void Backward(List<Tensor> saved, Tensor dy, Tensor dx, Tensor? dw, bool addToWeight)
    {
        var arguments = new Arguments(_cos, _sin, null, 0, 0);
        using var rotated = dw is null ? null : empty(dy.shape, dtype: ScalarType.Float32);
        if (dx.dtype == ScalarType.Float32) Function.Backward<float, Single32>(dy, dx, saved, rotated, arguments);
        else Function.Backward<ushort, Brain16>(dy, dx, saved, rotated, arguments);
        if (rotated is null) return;
        using var rows = rotated.view(-1, dy.shape[^1]);
        Bias.Gradient(rows, dw!, addToWeight);
    }

    public void Dispose()
    {
        _cos.Dispose();
        _sin.Dispose();
    }

    private sealed record Arguments(Tensor Cos, Tensor Sin, Tensor? Positions, long Offset, float Epsilon);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(RotaryEmbedding);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var x = ((Tensor)arguments[0]).contiguous();
            var weight = (Tensor?)arguments[1];
            var fixedArguments = (Arguments)arguments[2];
            var y = empty_like(x);
            var reciprocal = empty(weight is null ? 0 : x.numel() / x.shape[^1], dtype: ScalarType.Float32);
            if (x.dtype == ScalarType.Float32) Forward<float, Single32>(x, y, weight, reciprocal, fixedArguments);
            else Forward<ushort, Brain16>(x, y, weight, reciprocal, fixedArguments);
            context.save_for_backward(weight is null ? [] : [x, weight, reciprocal]);
            context.save_data("arguments", fixedArguments);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            var arguments = (Arguments)context.get_data("arguments");
            using var dy = gradient.contiguous();
            var dx = empty_like(dy);
            using var rotated = saved.Count == 0 ? null : empty(dy.shape, dtype: ScalarType.Float32);
            if (dx.dtype == ScalarType.Float32) Backward<float, Single32>(dy, dx, saved, rotated, arguments);
            else Backward<ushort, Brain16>(dy, dx, saved, rotated, arguments);
            return [dx, rotated?.reshape(-1, dy.shape[^1]).sum([0L])!, null!];
        }

        internal static unsafe void Forward<T, TElement>(Tensor x, Tensor y, Tensor? weight, Tensor? reciprocal, Arguments arguments)
            where T : unmanaged where TElement : IElement<T>
        {
            var body = new RotaryKernel.Forward<T, TElement>
            {
                X = x.Pointer<T>(),
                Y = y.Pointer<T>(),
                Cos = arguments.Cos.Pointer<float>(),
                Sin = arguments.Sin.Pointer<float>(),
                Positions = arguments.Positions is null ? null : arguments.Positions.Pointer<long>(),
                Weight = weight is null ? null : weight.Pointer<float>(),
                Reciprocal = weight is null ? null : reciprocal!.Pointer<float>(),
                Offset = arguments.Offset,
                Tokens = x.shape[1],
                Heads = x.shape[2],
                HeadSize = x.shape[3],
                MaxPositions = arguments.Cos.shape[0],
                Epsilon = arguments.Epsilon,
            };
            OpenMP.For(0, x.numel() / body.HeadSize, Grain.Rows(body.HeadSize), ref body);
        }

        internal static unsafe void Backward<T, TElement>(Tensor dy, Tensor dx, List<Tensor> saved, Tensor? rotated, Arguments arguments)
            where T : unmanaged where TElement : IElement<T>
        {
            var body = new RotaryKernel.Backward<T, TElement>
            {
                Dy = dy.Pointer<T>(),
                Dx = dx.Pointer<T>(),
                Cos = arguments.Cos.Pointer<float>(),
                Sin = arguments.Sin.Pointer<float>(),
                Positions = arguments.Positions is null ? null : arguments.Positions.Pointer<long>(),
                Offset = arguments.Offset,
                Tokens = dy.shape[1],
                Heads = dy.shape[2],
                HeadSize = dy.shape[3],
                MaxPositions = arguments.Cos.shape[0],
            };
            if (rotated is not null)
            {
                body.X = saved[0].Pointer<T>();
                body.Weight = saved[1].Pointer<float>();
                body.Reciprocal = saved[2].Pointer<float>();
                body.Rotated = rotated.Pointer<float>();
            }
            OpenMP.For(0, dy.numel() / body.HeadSize, Grain.Rows(body.HeadSize), ref body);
        }
    }
}
