using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Kernels;

namespace Loquat.Optimization.Rules;

/// <summary>The elementwise parts of Muon: before, between and after the matrix products.</summary>
internal static unsafe class MuonKernels
{
    /// <summary>Updates the momentum of a slice, writes the look-ahead to the scratch area and returns its sum of squares.</summary>
    public static double Momentum(ParameterBlock* blocks, in Slice slice, float momentum, bool nesterov, float gradientScale, bool narrow)
    {
        ref var block = ref blocks[slice.Parameter];
        if (block.Gradient is null)
        {
            // A matrix without a gradient stays as it is; its place in the stack holds zeros.
            var size = narrow ? sizeof(ushort) : sizeof(float);
            new Span<byte>((byte*)block.Scratch + slice.Offset * size, slice.Count * size).Clear();
            return 0;
        }
        var whole = slice.Count / Lanes256.Count * Lanes256.Count;
        var lanes = stackalloc double[Lanes256.Count];
        new Span<double>(lanes, Lanes256.Count).Clear();
        Momentum<Lanes256, Vector256<float>>(block, slice.Offset, whole, momentum, nesterov, gradientScale, narrow, lanes);
        Momentum<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole, momentum, nesterov, gradientScale, narrow, lanes);
        var total = 0.0;
        for (var i = 0; i < Lanes256.Count; i++) total += lanes[i];
        return total;
    }

    /// <summary>Multiplies the scratch area of a slice.</summary>
    public static void Scale(ParameterBlock* blocks, in Slice slice, float factor, bool narrow)
    {
        ref var block = ref blocks[slice.Parameter];
        var whole = slice.Count / Lanes256.Count * Lanes256.Count;
        Scale<Lanes256, Vector256<float>>(block, slice.Offset, whole, factor, narrow);
        Scale<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole, factor, narrow);
    }

    /// <summary>Weights = keep * weights - rate * update.</summary>
    /// <param name="blocks">Addresses of the parameters.</param>
    /// <param name="slice">The run of elements.</param>
    /// <param name="update">The orthogonal update of the slice's parameter, from its first element.</param>
    /// <param name="keep">1 less the decay of this step.</param>
    /// <param name="rate">The scaled learning rate.</param>
    /// <param name="narrow">Whether the update is bfloat16.</param>
    public static void Apply(ParameterBlock* blocks, in Slice slice, void* update, float keep, float rate, bool narrow)
    {
        ref var block = ref blocks[slice.Parameter];
        if (block.Gradient is null) return;
        var whole = slice.Count / Lanes256.Count * Lanes256.Count;
        Apply<Lanes256, Vector256<float>>(block, slice.Offset, whole, update, keep, rate, narrow);
        Apply<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole, update, keep, rate, narrow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Momentum<TLanes, T>(
        in ParameterBlock block, long offset, int count, float momentum, bool nesterov, float gradientScale, bool narrow, double* lanes)
        where TLanes : ILanes<T>
        where T : struct
    {
        var buffer = block.First + offset;
        var (scale, ahead, behind) = (TLanes.Splat(gradientScale), TLanes.Splat(momentum), TLanes.Splat(1 - momentum));
        var update = stackalloc float[TLanes.Count];
        for (var i = 0; i < count; i += TLanes.Count)
        {
            var g = TLanes.Multiply(
                block.GradientIsBFloat16 ? TLanes.LoadBFloat16((ushort*)block.Gradient + offset + i) : TLanes.Load((float*)block.Gradient + offset + i),
                scale);
            var m = TLanes.Load(buffer + i);
            m = TLanes.FusedMultiplyAdd(behind, TLanes.Subtract(g, m), m);
            TLanes.Store(m, buffer + i);
            var u = nesterov ? TLanes.FusedMultiplyAdd(ahead, TLanes.Subtract(m, g), g) : m;
            if (narrow) TLanes.StoreBFloat16(u, (ushort*)block.Scratch + offset + i);
            else TLanes.Store(u, (float*)block.Scratch + offset + i);
            TLanes.Store(u, update);
            for (var lane = 0; lane < TLanes.Count; lane++) lanes[lane] = Math.FusedMultiplyAdd(update[lane], update[lane], lanes[lane]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale<TLanes, T>(in ParameterBlock block, long offset, int count, float factor, bool narrow)
        where TLanes : ILanes<T>
        where T : struct
    {
        var by = TLanes.Splat(factor);
        var wide = (float*)block.Scratch + offset;
        var half = (ushort*)block.Scratch + offset;
        for (var i = 0; i < count; i += TLanes.Count)
        {
            if (narrow) TLanes.StoreBFloat16(TLanes.Multiply(TLanes.LoadBFloat16(half + i), by), half + i);
            else TLanes.Store(TLanes.Multiply(TLanes.Load(wide + i), by), wide + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply<TLanes, T>(in ParameterBlock block, long offset, int count, void* update, float keep, float rate, bool narrow)
        where TLanes : ILanes<T>
        where T : struct
    {
        var weights = block.Master + offset;
        var compute = block.Compute is null ? null : block.Compute + offset;
        var (kept, minusRate) = (TLanes.Splat(keep), TLanes.Splat(-rate));
        for (var i = 0; i < count; i += TLanes.Count)
        {
            var u = narrow ? TLanes.LoadBFloat16((ushort*)update + offset + i) : TLanes.Load((float*)update + offset + i);
            var w = TLanes.FusedMultiplyAdd(minusRate, u, TLanes.Multiply(TLanes.Load(weights + i), kept));
            TLanes.Store(w, weights + i);
            if (compute is not null) TLanes.StoreBFloat16(w, compute + i);
        }
    }
}
