using System.Runtime.CompilerServices;
using Loquat.Kernels;

namespace Loquat.Optimization;

/// <summary>Sums in float64 and in a fixed order, beside the arithmetic of a rule.</summary>
internal static unsafe class LaneSums
{
    /// <summary>Lanes of the registers that sums are made in, whatever the processor has: the order of the sum decides its bits.</summary>
    public const int Width = 8;

    /// <summary>float64 numbers that a sum needs.</summary>
    public const int Memory = 2 * Width;

    /// <summary>Adds a · b, lane by lane.</summary>
    /// <param name="lanes"><see cref="Memory"/> numbers: the sums, and room for what is added.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct<TLanes, T>(double* lanes, T a, T b)
        where TLanes : ILanes<T>
        where T : struct
    {
        var left = (float*)(lanes + Width);
        var right = left + Width;
        TLanes.Store(a, left);
        TLanes.Store(b, right);
        for (var i = 0; i < TLanes.Count; i++) lanes[i] = Math.FusedMultiplyAdd(left[i], (double)right[i], lanes[i]);
    }

    public static double Total(double* lanes)
    {
        var total = 0.0;
        for (var i = 0; i < Width; i++) total += lanes[i];
        return total;
    }
}
