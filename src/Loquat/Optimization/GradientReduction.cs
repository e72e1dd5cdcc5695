using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Kernels;

namespace Loquat.Optimization;

/// <summary>Which length of the gradient vector.</summary>
public enum NormKind
{
    /// <summary>Square root of the sum of squares.</summary>
    L2,

    /// <summary>Sum of absolute values.</summary>
    L1,

    /// <summary>Largest absolute value.</summary>
    Infinity,
}

/// <summary>
/// Reduces a slice to one float64 in 16 fixed lanes, whatever the register width; slices are then added in order. So the
/// result depends neither on the number of threads nor on the processor.
/// </summary>
internal static unsafe class GradientReduction
{
    private const int Lanes = 16;

    public static double Reduce(NormKind kind, ParameterBlock* blocks, in Slice slice)
    {
        ref var block = ref blocks[slice.Parameter];
        if (block.Gradient is null) return 0;
        var lanes = stackalloc double[Lanes];
        new Span<double>(lanes, Lanes).Clear();
        var whole = slice.Count / Lanes * Lanes;
        if (block.GradientIsBFloat16)
        {
            var source = (ushort*)block.Gradient + slice.Offset;
            for (var i = 0; i < whole; i += Lanes)
            {
                Add(kind, lanes, 0, Lanes256.LoadBFloat16(source + i));
                Add(kind, lanes, 8, Lanes256.LoadBFloat16(source + i + 8));
            }
            for (var i = whole; i < slice.Count; i++) Add(kind, ref lanes[i - whole], Lanes1.LoadBFloat16(source + i));
        }
        else
        {
            var source = (float*)block.Gradient + slice.Offset;
            if (kind == NormKind.L2) SquareWhole(lanes, source, whole);
            else
            {
                for (var i = 0; i < whole; i += 8) Add(kind, lanes, i & 8, Vector256.Load(source + i));
            }
            for (var i = whole; i < slice.Count; i++) Add(kind, ref lanes[i - whole], source[i]);
        }
        var total = 0.0;
        for (var i = 0; i < Lanes; i++) total = kind == NormKind.Infinity ? Math.Max(total, lanes[i]) : total + lanes[i];
        return total;
    }

    /// <summary>Adds the results of slices, in order, to a total; the root of an L2 norm is left to the caller.</summary>
    public static double Join(NormKind kind, double total, ReadOnlySpan<double> partials)
    {
        foreach (var partial in partials) total = kind == NormKind.Infinity ? Math.Max(total, partial) : total + partial;
        return total;
    }

    // The path of every training step: four accumulators stay in registers.
    private static void SquareWhole(double* lanes, float* source, int count)
    {
        Vector256<double> a = default, b = default, c = default, d = default;
        for (var i = 0; i < count; i += Lanes)
        {
            var (a0, b0) = Vector256.Widen(Vector256.Load(source + i));
            var (c0, d0) = Vector256.Widen(Vector256.Load(source + i + 8));
            a = Vector256.FusedMultiplyAdd(a0, a0, a);
            b = Vector256.FusedMultiplyAdd(b0, b0, b);
            c = Vector256.FusedMultiplyAdd(c0, c0, c);
            d = Vector256.FusedMultiplyAdd(d0, d0, d);
        }
        a.Store(lanes);
        b.Store(lanes + 4);
        c.Store(lanes + 8);
        d.Store(lanes + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(NormKind kind, double* lanes, int at, Vector256<float> values)
    {
        var (low, high) = Vector256.Widen(values);
        Add(kind, lanes + at, low);
        Add(kind, lanes + at + 4, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(NormKind kind, double* lanes, Vector256<double> x)
    {
        var sum = Vector256.Load(lanes);
        sum = kind switch
        {
            NormKind.L2 => Vector256.FusedMultiplyAdd(x, x, sum),
            NormKind.L1 => sum + Vector256.Abs(x),
            _ => Vector256.Max(sum, Vector256.Abs(x)),
        };
        sum.Store(lanes);
    }

    private static void Add(NormKind kind, ref double lane, double x) => lane = kind switch
    {
        NormKind.L2 => Math.FusedMultiplyAdd(x, x, lane),
        NormKind.L1 => lane + Math.Abs(x),
        _ => Math.Max(lane, Math.Abs(x)),
    };
}
