using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Kernels;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>What a rule remembers of a run of elements, in the order of its names.</summary>
internal readonly unsafe struct ElementStates(in ParameterBlock block, long offset)
{
    public readonly float* First = block.First + offset;
    public readonly float* Second = block.Second + offset;
    public readonly float* Third = block.Third + offset;
}

/// <summary>The arithmetic of a rule that looks at each element alone, for one update.</summary>
internal unsafe interface IElementStep<TSelf>
    where TSelf : struct
{
    /// <summary>The same with the constants of one parameter.</summary>
    /// <param name="rate">The learning rate, the parameter's factor included.</param>
    /// <param name="decays">Whether weight decay applies.</param>
    TSelf For(double rate, bool decays);

    /// <summary>Moves one register of weights.</summary>
    /// <param name="w">Weights.</param>
    /// <param name="g">Their gradients, scaled.</param>
    /// <param name="states">Memory of the run of elements, to be read and written at <paramref name="at"/>.</param>
    /// <param name="at">The place of the register in the run.</param>
    /// <returns>The new weights.</returns>
    T Move<TLanes, T>(T w, T g, in ElementStates states, int at)
        where TLanes : ILanes<T>
        where T : struct;
}

/// <summary>
/// One pass over weights, memory and gradient, with the clipping factor multiplied in and, for a bfloat16 model, the rounded copy
/// written: each number is touched once. The same bits in every register width.
/// </summary>
internal readonly unsafe struct ElementKernel<TStep>(TStep step, double learningRate, double gradientScale)
    where TStep : struct, IElementStep<TStep>
{
    private readonly float _gradientScale = (float)gradientScale;

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
        var own = step.For(learningRate * block.RateFactor, block.Decays);
        var states = new ElementStates(block, offset);
        var weights = block.Master + offset;
        var scale = TLanes.Splat(_gradientScale);
        var compute = block.Compute is null ? null : block.Compute + offset;
        var wide = block.GradientIsBFloat16 ? null : (float*)block.Gradient + offset;
        var narrow = block.GradientIsBFloat16 ? (ushort*)block.Gradient + offset : null;
        for (var i = 0; i < count; i += TLanes.Count)
        {
            var g = TLanes.Multiply(wide is null ? TLanes.LoadBFloat16(narrow + i) : TLanes.Load(wide + i), scale);
            var w = own.Move<TLanes, T>(TLanes.Load(weights + i), g, states, i);
            TLanes.Store(w, weights + i);
            if (compute is not null) TLanes.StoreBFloat16(w, compute + i);
        }
    }
}

/// <summary>Drives the arithmetic of a rule over a set of parameters on libtorch's threads, and keeps its memory.</summary>
internal unsafe class ElementRule<TStep> : IUpdateRule
    where TStep : struct, IElementStep<TStep>
{
    private readonly string[] _names;
    private readonly Tensor[][] _states;
    private readonly Func<long, double, TStep> _constants;

    /// <param name="set">The parameters.</param>
    /// <param name="names">Of what is remembered per weight, at most three.</param>
    /// <param name="constants">The arithmetic of an update, from its number, from 1, and its learning rate.</param>
    public ElementRule(ParameterSet set, string[] names, Func<long, double, TStep> constants)
    {
        (Set, _names, _constants) = (set, names, constants);
        _states = [.. names.Select(_ => Enumerable.Range(0, set.Count).Select(set.NewState).ToArray())];
        for (var i = 0; i < set.Count; i++)
        {
            if (names.Length > 0) set.Blocks[i].First = (float*)TensorPointers.Data(_states[0][i]);
            if (names.Length > 1) set.Blocks[i].Second = (float*)TensorPointers.Data(_states[1][i]);
            if (names.Length > 2) set.Blocks[i].Third = (float*)TensorPointers.Data(_states[2][i]);
        }
    }

    protected ParameterSet Set { get; }

    /// <summary>What is remembered of a parameter under the name of this number.</summary>
    public Tensor this[int state, int parameter] => _states[state][parameter];

    public virtual void Step(long step, double learningRate, double gradientScale) => Run(_constants(step, learningRate), learningRate, gradientScale);

    public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) => _names.Select((name, i) => (name, _states[i][parameter]));

    public virtual IEnumerable<(string Name, Tensor Tensor)> Shared => [];

    public virtual Tensor? Averaged(int parameter) => null;

    public virtual void UpdateCurvature(double gradientScale, double tokens)
    {
    }

    public virtual void Dispose()
    {
        foreach (var tensor in _states.SelectMany(s => s)) tensor.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One pass over everything.</summary>
    protected void Run(TStep step, double learningRate, double gradientScale) =>
        SliceLoop.For(Set.SliceCount, new Body(Set, new ElementKernel<TStep>(step, learningRate, gradientScale)));

    private readonly struct Body(ParameterSet set, ElementKernel<TStep> kernel) : ISliceBody
    {
        private readonly ParameterBlock* _blocks = set.Blocks;
        private readonly Slice* _slices = set.Slices;

        public void Run(int index) => kernel.Run(_blocks, _slices[index]);
    }
}
