using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Causal attention of whole sequences without padding, forward and backward for training passes. Arithmetic is float32 for either number type.</summary>
/// <param name="Query">(B · T, H · D); rows may lie apart, as those of a slice of columns do.</param>
/// <param name="Key">(B · T, K · D).</param>
/// <param name="Value">(B · T, K · D).</param>
/// <param name="Tokens">T.</param>
/// <param name="HeadSize">D.</param>
internal sealed record CausalAttention(Tensor Query, Tensor Key, Tensor Value, long Tokens, long HeadSize)
{
    /// <summary>Factor of the scores. Default: 1 / √D.</summary>
    public double Scale { get; init; } = 1 / Math.Sqrt(HeadSize);

    private long Heads => Query.shape[1] / HeadSize;

    private long KeyValueHeads => Key.shape[1] / HeadSize;

    private long Sequences => Query.shape[0] / Tokens;

    /// <summary>What the kernels count: key/value heads of all sequences.</summary>
    internal long Indices => Sequences * KeyValueHeads;

    /// <summary>Elements of <c>logSums</c>.</summary>
    public long Rows => Query.shape[0] * Heads;

    /// <param name="y">(B · T, H · D), overwritten.</param>
    /// <param name="logSums">(<see cref="Rows"/>) float32, overwritten: what the backward pass needs.</param>
    public void Forward(Tensor y, Tensor logSums)
    {
        if (y.dtype == ScalarType.Float32) Forward<float, Single32>(y, logSums);
        else Forward<ushort, Brain16>(y, logSums);
    }

    /// <param name="dy">(B · T, H · D), with the strides of the forward pass's output.</param>
    /// <param name="dquery">Overwritten; strides of <see cref="Query"/>, and so on.</param>
    public void Backward(Tensor logSums, Tensor dy, Tensor dquery, Tensor dkey, Tensor dvalue)
    {
        if (dy.dtype == ScalarType.Float32) Backward<float, Single32>(logSums, dy, dquery, dkey, dvalue);
        else Backward<ushort, Brain16>(logSums, dy, dquery, dkey, dvalue);
    }

    private AttentionShape Shape(Tensor output) => new()
    {
        Tokens = Tokens,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        HeadSize = HeadSize,
        QueryStride = Query.stride(0),
        KeyStride = Key.stride(0),
        ValueStride = Value.stride(0),
        OutputStride = output.stride(0),
        Scale = (float)Scale,
    };

    internal unsafe AttentionForwardKernel<T, TElement> ForwardKernel<T, TElement>(Tensor y, Tensor logSums) where T : unmanaged where TElement : IElement<T> => new()
    {
        Query = Query.Pointer<T>(),
        Key = Key.Pointer<T>(),
        Value = Value.Pointer<T>(),
        Output = y.Pointer<T>(),
        LogSums = logSums.Pointer<float>(),
        Shape = Shape(y),
    };

    internal unsafe AttentionBackwardKernel<T, TElement> BackwardKernel<T, TElement>(Tensor logSums, Tensor dy, Tensor dquery, Tensor dkey, Tensor dvalue)
        where T : unmanaged where TElement : IElement<T> => new()
        {
            Query = Query.Pointer<T>(),
            Key = Key.Pointer<T>(),
            Value = Value.Pointer<T>(),
            Dy = dy.Pointer<T>(),
            Dquery = dquery.Pointer<T>(),
            Dkey = dkey.Pointer<T>(),
            Dvalue = dvalue.Pointer<T>(),
            LogSums = logSums.Pointer<float>(),
            Shape = Shape(dy),
        };

    private void Forward<T, TElement>(Tensor y, Tensor logSums) where T : unmanaged where TElement : IElement<T>
    {
        var body = ForwardKernel<T, TElement>(y, logSums);
        OpenMP.For(0, Indices, 1, ref body);
    }

    private void Backward<T, TElement>(Tensor logSums, Tensor dy, Tensor dquery, Tensor dkey, Tensor dvalue) where T : unmanaged where TElement : IElement<T>
    {
        var body = BackwardKernel<T, TElement>(logSums, dy, dquery, dkey, dvalue);
        OpenMP.For(0, Indices, 1, ref body);
    }
}
