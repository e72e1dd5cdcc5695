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
    /// <summary>Rows that a table has at first; it doubles when a longer sequence comes.</summary>
    private const long FirstRows = 1024;

    private readonly int _headSize, _maxPositions;
    private readonly RopeParameters _parameters;
    private readonly Device _device;
    private readonly Lock _growing = new();
    private readonly List<Table> _all = []; // those that others may still read included
    private volatile Table _table;

    /// <param name="headSize">D, even.</param>
    /// <param name="maxPositions">The longest sequence: `max_position_embeddings`.</param>
    /// <param name="parameters">Frequencies.</param>
    public RotaryEmbedding(int headSize, int maxPositions, RopeParameters parameters, Device device)
    {
        (_headSize, _maxPositions, _parameters, _device) = (headSize, maxPositions, parameters, device);
        _table = NewTable(1, Regime(1));
    }

    /// <summary>Sequences of lengths for which this is the same share their rotation; cached keys hold only as long as it stays.</summary>
    public long Regime(long length) => _parameters.Regime(length, _maxPositions);

    /// <param name="x">(B, T, H, D).</param>
    /// <param name="positions">(B, T) int64, or null: positions run from <paramref name="offset"/>.</param>
    /// <param name="offset">Position of the first token when <paramref name="positions"/> is null.</param>
    /// <param name="weight">(D) float32 gain of the normalization of each head, or null for none.</param>
    /// <param name="epsilon">`rms_norm_eps`.</param>
    /// <returns>(B, T, H, D).</returns>
    public Tensor Apply(Tensor x, Tensor? positions, long offset, Tensor? weight, double epsilon)
    {
        var rotated = _parameters.Rotated(_headSize);
        if (rotated < _headSize)
        {
            if (weight is not null) x = RmsNorm.Apply(x, weight, epsilon);
            return cat([Whole(x.narrow(-1, 0, rotated), positions, offset, null, epsilon), x.narrow(-1, rotated, _headSize - rotated)], -1);
        }
        return Whole(x, positions, offset, weight, epsilon);
    }

    private Tensor Whole(Tensor x, Tensor? positions, long offset, Tensor? weight, double epsilon) => x.HasKernel()
        ? Function.apply(x, weight!, Arguments.Of(TableFor(x, positions, offset), positions, offset, epsilon))
        : Composite(x, positions, offset, weight, epsilon);

    /// <summary>The definition, in tensor operations: other devices, and the reference of the tests.</summary>
    internal Tensor Composite(Tensor x, Tensor? positions, long offset, Tensor? weight, double epsilon)
    {
        if (weight is not null) x = RmsNorm.Composite(x, weight, epsilon);
        var at = positions ?? arange(offset, offset + x.shape[1], dtype: ScalarType.Int64, device: x.device).unsqueeze(0);
        var table = TableFor(x, positions, offset);
        var cos = cat([table.Cos[at], table.Cos[at]], -1).unsqueeze(2); // (B, T, 1, D)
        var sin = cat([table.Sin[at], table.Sin[at]], -1).unsqueeze(2);
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
        var arguments = Arguments.Of(TableFor(x, null, 0), null, 0, epsilon);
        if (x.dtype == ScalarType.Float32) Function.Forward<float, Single32>(x, y, weight, reciprocal, arguments);
        else Function.Forward<ushort, Brain16>(x, y, weight, reciprocal, arguments);
    }

    /// <param name="saved">x, weight and reciprocal of the forward pass; empty where there was no weight.</param>
    /// <param name="dy">(B, T, H, D).</param>
    /// <param name="dx">(B, T, H, D), overwritten; may be <paramref name="dy"/>.</param>
    /// <param name="dw">(D) float32, overwritten or added to.</param>
    internal void Backward(List<Tensor> saved, Tensor dy, Tensor dx, Tensor? dw, bool addToWeight)
    {
        var arguments = Arguments.Of(TableFor(dy, null, 0), null, 0, 0);
        using var rotated = dw is null ? null : empty(dy.shape, dtype: ScalarType.Float32);
        if (dx.dtype == ScalarType.Float32) Function.Backward<float, Single32>(dy, dx, saved, rotated, arguments);
        else Function.Backward<ushort, Brain16>(dy, dx, saved, rotated, arguments);
        if (rotated is null) return;
        using var rows = rotated.view(-1, dy.shape[^1]);
        Bias.Gradient(rows, dw!, addToWeight);
    }

    public void Dispose()
    {
        foreach (var (cos, sin, _, _) in _all)
        {
            cos.Dispose();
            sin.Dispose();
        }
    }

    /// <summary>The table of a sequence.</summary>
    private Table TableFor(Tensor x, Tensor? positions, long offset)
    {
        // Longer sequences are refused where the table is read.
        var length = Math.Min(_maxPositions, positions is null ? offset + x.shape[1] : positions.max().item<long>() + 1);
        var (table, regime) = (_table, Regime(length));
        if (table.Rows >= length && table.Regime == regime) return table;
        lock (_growing)
        {
            if (_all.Find(t => t.Rows >= length && t.Regime == regime) is { } made) return _table = made;
            return _table = NewTable(length, regime);
        }
    }

    private Table NewTable(long length, long regime)
    {
        var rows = Math.Min(_maxPositions, Math.Max(FirstRows, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)length)));
        var frequencies = _parameters.Frequencies(_headSize, _maxPositions, length);
        var scale = (float)_parameters.AttentionScale(_maxPositions);
        var half = frequencies.Length;
        var (cos, sin) = (new float[rows * half], new float[rows * half]);
        for (var p = 0L; p < rows; p++)
        {
            for (var i = 0; i < half; i++)
            {
                var angle = p * frequencies[i];
                cos[p * half + i] = (float)Math.Cos(angle) * scale;
                sin[p * half + i] = (float)Math.Sin(angle) * scale;
            }
        }
        using var scope = NewDisposeScope();
        var table = new Table(tensor(cos, [rows, half]).to(_device).DetachFromDisposeScope(), tensor(sin, [rows, half]).to(_device).DetachFromDisposeScope(), rows, regime);
        _all.Add(table);
        return table;
    }

    /// <param name="Cos">(rows, D / 2) float32.</param>
    /// <param name="Sin">(rows, D / 2) float32.</param>
    private sealed record Table(Tensor Cos, Tensor Sin, long Rows, long Regime);

    private sealed record Arguments(Tensor Cos, Tensor Sin, Tensor? Positions, long Offset, float Epsilon)
    {
        public static Arguments Of(Table table, Tensor? positions, long offset, double epsilon) => new(table.Cos, table.Sin, positions, offset, (float)epsilon);
    }

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
