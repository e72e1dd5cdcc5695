using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>A weight in blocks of few bits (<see cref="QuantizationKind"/>): computed with as what it decodes to, and never trained.</summary>
internal sealed class QuantizedWeight : IDisposable
{
    private readonly QuantizationKind _kind;
    private readonly long[] _shape;
    private readonly ScalarType _type;
    private readonly Tensor _codes;    // (blocks, 64 or 32) uint8
    private readonly Tensor _scales;   // (blocks) float32

    /// <param name="values">On the processor.</param>
    /// <param name="kind">Not <see cref="QuantizationKind.None"/>.</param>
    public unsafe QuantizedWeight(Tensor values, QuantizationKind kind)
    {
        (_kind, _shape, _type) = (kind, values.shape, values.dtype);
        using var guard = no_grad();
        using var wide = values.detach().to(ScalarType.Float32).contiguous();
        var (count, blocks) = (wide.numel(), (wide.numel() + QuantizationKernel.Block - 1) / QuantizationKernel.Block);
        _codes = empty([blocks, kind == QuantizationKind.Nf4 ? QuantizationKernel.Block / 2 : QuantizationKernel.Block], dtype: ScalarType.Byte).DetachFromDisposeScope();
        _scales = empty([blocks], dtype: ScalarType.Float32).DetachFromDisposeScope();
        float* x = wide.Pointer<float>(), scales = _scales.Pointer<float>();
        byte* q = _codes.Pointer<byte>();
        if (kind == QuantizationKind.Nf4)
        {
            var body = new QuantizationKernel.EncodeCodes { X = x, Q = q, Scales = scales, Count = count };
            OpenMP.For(0, blocks, Grain.Rows(QuantizationKernel.Block), ref body);
        }
        else
        {
            var body = new QuantizationKernel.EncodeBytes { X = x, Q = q, Scales = scales, Count = count };
            OpenMP.For(0, blocks, Grain.Rows(QuantizationKernel.Block), ref body);
        }
    }

    /// <summary>Other values in the same numbers.</summary>
    public QuantizedWeight With(Tensor values)
    {
        using var typed = values.to(_type);
        return new(typed, _kind);
    }

    public long Bytes => _codes.numel() + 4 * _scales.numel();

    /// <summary>Shape and number type as they were given.</summary>
    public Tensor Decode()
    {
        var values = empty(_shape, dtype: _type);
        if (_type == ScalarType.Float32) Decode<float, Single32>(values);
        else Decode<ushort, Brain16>(values);
        return values;
    }

    public void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
    }

    private unsafe void Decode<T, TElement>(Tensor values) where T : unmanaged where TElement : IElement<T>
    {
        T* x = values.Pointer<T>();
        byte* q = _codes.Pointer<byte>();
        float* scales = _scales.Pointer<float>();
        var blocks = _scales.numel();
        if (_kind == QuantizationKind.Nf4)
        {
            var body = new QuantizationKernel.DecodeCodes<T, TElement> { X = x, Q = q, Scales = scales, Count = values.numel() };
            OpenMP.For(0, blocks, Grain.Rows(QuantizationKernel.Block), ref body);
        }
        else
        {
            var body = new QuantizationKernel.DecodeBytes<T, TElement> { X = x, Q = q, Scales = scales, Count = values.numel() };
            OpenMP.For(0, blocks, Grain.Rows(QuantizationKernel.Block), ref body);
        }
    }
}
