using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Kernels;

namespace Loquat.Optimization;

/// <summary>
/// One pass over weights, moments and gradient, with the clipping factor multiplied in and, for a bfloat16 model, the rounded copy
/// written: 28 bytes per parameter in float32, each touched once.
/// </summary>
internal readonly unsafe struct AdamWKernel
{
    private readonly float _gradientScale;
    private readonly double _rate;
    private readonly double _decay;
    private readonly float _oneMinusBeta1;
    private readonly float _beta2;
    private readonly float _oneMinusBeta2;
    private readonly float _inverseRootCorrection2;
    private readonly float _epsilon;
    private readonly double _inverseCorrection1;

    /// <param name="options">The rule's constants.</param>
    /// <param name="step">This update's number, from 1.</param>
    /// <param name="learningRate">Before a parameter's own factor.</param>
    /// <param name="gradientScale">Multiplies every gradient.</param>
    public AdamWKernel(AdamWOptions options, long step, double learningRate, double gradientScale)
    {
        _gradientScale = (float)gradientScale;
        _rate = learningRate;
        _decay = options.WeightDecay;
        _oneMinusBeta1 = (float)(1 - options.Beta1);
        _beta2 = (float)options.Beta2;
        _oneMinusBeta2 = (float)(1 - options.Beta2);
        _inverseCorrection1 = 1 / (1 - Math.Pow(options.Beta1, step));
        _inverseRootCorrection2 = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step)));
        _epsilon = (float)options.Epsilon;
    }

    /// <summary>Updates one slice in the widest registers there are.</summary>
    public void Run(ParameterBlock* blocks, in Slice slice)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512, Vector512<float>>(blocks, slice);
        else Run<Lanes256, Vector256<float>>(blocks, slice);
    }

    /// <summary>Updates one slice in registers of a given width; the last elements one by one.</summary>
    public void Run<TLanes, T>(ParameterBlock* blocks, in Slice slice)
        where TLanes : ILanes<T>
        where T : struct
    {
        ref var block = ref blocks[slice.Parameter];
        if (block.Gradient is null) return;
        var whole = slice.Count / TLanes.Count * TLanes.Count;
        Update<TLanes, T>(block, slice.Offset, whole);
        Update<Lanes1, float>(block, slice.Offset + whole, slice.Count - whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Update<TLanes, T>(in ParameterBlock block, long offset, int count)
        where TLanes : ILanes<T>
        where T : struct
    {
        var weights = block.Master + offset;
        var first = block.First + offset;
        var second = block.Second + offset;
        var rate = _rate * block.RateFactor;
        var keep = TLanes.Splat(block.Decays ? (float)(1 - rate * _decay) : 1);
        var minusStep = TLanes.Splat((float)(-rate * _inverseCorrection1));
        var (scale, epsilon) = (TLanes.Splat(_gradientScale), TLanes.Splat(_epsilon));
        var oneMinusBeta1 = TLanes.Splat(_oneMinusBeta1);
        var (beta2, oneMinusBeta2) = (TLanes.Splat(_beta2), TLanes.Splat(_oneMinusBeta2));
        var inverseRoot = TLanes.Splat(_inverseRootCorrection2);
        var compute = block.Compute is null ? null : block.Compute + offset;
        var wide = block.GradientIsBFloat16 ? null : (float*)block.Gradient + offset;
        var narrow = block.GradientIsBFloat16 ? (ushort*)block.Gradient + offset : null;
        for (var i = 0; i < count; i += TLanes.Count)
        {
            var g = TLanes.Multiply(wide is null ? TLanes.LoadBFloat16(narrow + i) : TLanes.Load(wide + i), scale);
            var m = TLanes.Load(first + i);
            m = TLanes.FusedMultiplyAdd(oneMinusBeta1, TLanes.Subtract(g, m), m);
            var v = TLanes.FusedMultiplyAdd(oneMinusBeta2, TLanes.Multiply(g, g), TLanes.Multiply(beta2, TLanes.Load(second + i)));
            var root = TLanes.FusedMultiplyAdd(TLanes.Sqrt(v), inverseRoot, epsilon);
            var w = TLanes.Multiply(TLanes.Load(weights + i), keep);
            w = TLanes.FusedMultiplyAdd(minusStep, TLanes.Divide(m, root), w);
            TLanes.Store(m, first + i);
            TLanes.Store(v, second + i);
            TLanes.Store(w, weights + i);
            if (compute is not null) TLanes.StoreBFloat16(w, compute + i);
        }
    }
}
