using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Holds whole numbers to a range before kernels and tables read by them.</summary>
internal static class TensorRange
{
    /// <param name="values">int64, of any shape.</param>
    /// <param name="first">The least that is allowed.</param>
    /// <param name="end">One above the most.</param>
    /// <param name="what">What a value is: "token".</param>
    /// <param name="allowed">The end of the message.</param>
    /// <exception cref="OptionsException">A value lies outside; the message names it.</exception>
    public static unsafe void Check(Tensor values, long first, long end, string what, string allowed)
    {
        using var scope = NewDisposeScope();
        var (least, most) = (long.MaxValue, long.MinValue);
        var flat = values.cpu().contiguous();
        foreach (var value in new ReadOnlySpan<long>(flat.Pointer<long>(), checked((int)flat.numel()))) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        if (least < first || most >= end) throw new OptionsException($"there is a {what} {(least < first ? least : most)}; {allowed}");
    }

    /// <summary>Shape and type, for errors.</summary>
    public static string Describe(Tensor tensor) => $"({string.Join(", ", tensor.shape)}) of {tensor.dtype}";
}
