using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Loquat.Kernels;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>Addresses of one parameter, for the kernels.</summary>
internal unsafe struct ParameterBlock
{
    /// <summary>float32 weights: the compute tensor itself, or its master where that is bfloat16.</summary>
    public float* Master;

    /// <summary>bfloat16 copy to write; null where the model computes in float32.</summary>
    public ushort* Compute;

    /// <summary>This step's gradient; null where there is none and the parameter stays.</summary>
    public void* Gradient;

    /// <summary>Whether <see cref="Gradient"/> holds bfloat16.</summary>
    public bool GradientIsBFloat16;

    /// <summary>First moment, or momentum.</summary>
    public float* First;

    /// <summary>Second moment; null where the rule has none.</summary>
    public float* Second;

    /// <summary>A third memory; null where the rule has none.</summary>
    public float* Third;

    /// <summary>Where a rule puts this parameter's update before it is applied; float32, or bfloat16 where the rule works in it.</summary>
    public void* Scratch;

    /// <summary>Multiplies the learning rate.</summary>
    public double RateFactor;

    /// <summary>Whether weight decay applies.</summary>
    public bool Decays;
}

/// <summary>A run of elements of one parameter: the unit of work that threads share, small enough to balance, large enough to stream.</summary>
internal struct Slice
{
    public const int Length = 16384;

    public int Parameter;
    public int Count;
    public long Offset;
}

/// <summary>Parameters that one rule moves, with their masters, and their addresses in unmanaged memory.</summary>
internal sealed unsafe class ParameterSet : IDisposable
{
    private readonly OptimizerParameter[] _parameters;
    private readonly Tensor?[] _masters;
    private readonly Tensor?[] _accumulated;

    public ParameterSet(IReadOnlyList<OptimizerParameter> parameters)
    {
        _parameters = [.. parameters];
        _masters = new Tensor?[_parameters.Length];
        _accumulated = new Tensor?[_parameters.Length];
        SliceCount = _parameters.Sum(p => (int)((p.Compute.numel() + Slice.Length - 1) / Slice.Length));
        Blocks = (ParameterBlock*)NativeMemory.AllocZeroed((nuint)Math.Max(1, _parameters.Length), (nuint)sizeof(ParameterBlock));
        Slices = (Slice*)NativeMemory.AllocZeroed((nuint)Math.Max(1, SliceCount), (nuint)sizeof(Slice));
        Partials = (double*)NativeMemory.AllocZeroed((nuint)Math.Max(1, 2 * SliceCount), sizeof(double));
        var slice = 0;
        for (var i = 0; i < _parameters.Length; i++)
        {
            var parameter = _parameters[i];
            Check(parameter);
            if (parameter.Compute.dtype == ScalarType.BFloat16) _masters[i] = MasterOf(parameter);
            Blocks[i].RateFactor = parameter.LearningRateFactor;
            Blocks[i].Decays = parameter.WeightDecay;
            for (long at = 0, total = parameter.Compute.numel(); at < total; at += Slice.Length)
                Slices[slice++] = new Slice { Parameter = i, Offset = at, Count = (int)Math.Min(Slice.Length, total - at) };
        }
        WriteCompute();
    }

    public int Count => _parameters.Length;

    public int SliceCount { get; }

    public ParameterBlock* Blocks { get; private set; }

    public Slice* Slices { get; private set; }

    /// <summary>One number per slice, for reductions that are then summed in order.</summary>
    public double* Partials { get; private set; }

    /// <summary>One more number per slice, for rules that sum two things.</summary>
    public double* SecondPartials => Partials + SliceCount;

    public OptimizerParameter this[int index] => _parameters[index];

    /// <summary>The float32 weights of a parameter.</summary>
    public Tensor Master(int index) => _masters[index] ?? _parameters[index].Compute;

    /// <summary>Whether a parameter's master is a tensor of its own.</summary>
    public bool HasMaster(int index) => _masters[index] is not null;

    /// <summary>A zeroed float32 tensor of a parameter's shape that no dispose scope owns.</summary>
    public Tensor NewState(int index) => zeros(_parameters[index].Compute.shape, ScalarType.Float32, CPU).DetachFromDisposeScope();

    /// <summary>Reads where weights and gradients lie now: a backward pass may have handed over new buffers.</summary>
    public void Refresh()
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            ref var block = ref Blocks[i];
            var compute = _parameters[i].Compute;
            block.Master = (float*)TensorPointers.Data(_masters[i] ?? compute);
            block.Compute = _masters[i] is null ? null : (ushort*)TensorPointers.Data(compute);
            block.Gradient = TensorPointers.Gradient(compute);
            block.GradientIsBFloat16 = _masters[i] is not null;
            if (_accumulated[i] is not { } sum) continue;
            if (block.Gradient is not null) throw new InvalidOperationException($"the gradient of '{_parameters[i].Name}' was not accumulated after the last backward pass.");
            block.Gradient = TensorPointers.Data(sum);
            block.GradientIsBFloat16 = false;
        }
    }

    /// <summary>Adds the gradients of the last backward pass to float32 sums and releases them.</summary>
    public void Accumulate()
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].Compute.grad is not { } gradient) continue;
            if (_accumulated[i] is { } sum) sum.add_(gradient);
            else _accumulated[i] = gradient.to(ScalarType.Float32, copy: true).contiguous().DetachFromDisposeScope();
            TensorPointers.ReleaseGradient(_parameters[i].Compute);
        }
    }

    public void ReleaseGradients()
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            TensorPointers.ReleaseGradient(_parameters[i].Compute);
            Blocks[i].Gradient = null;
            _accumulated[i]?.Dispose();
            _accumulated[i] = null;
        }
    }

    /// <summary>Rounds every master into the tensor that the model computes with.</summary>
    public void WriteCompute()
    {
        using var inference = no_grad();
        for (var i = 0; i < _parameters.Length; i++) WriteCompute(i);
    }

    /// <summary>The same for one parameter; autograd is off.</summary>
    public void WriteCompute(int index)
    {
        if (_masters[index] is { } master) _parameters[index].Compute.copy_(master);
    }

    /// <summary>The gradient that the next step uses, to be changed in place; null where there is none.</summary>
    public Tensor? LiveGradient(int index) => _accumulated[index] ?? _parameters[index].Compute.grad;

    /// <summary>The gradient of a parameter as a new float32 tensor; null where it has none.</summary>
    public Tensor? Gradient(int index, double scale) => (_accumulated[index] ?? _parameters[index].Compute.grad)?.to(ScalarType.Float32).mul(scale);

    public void Dispose()
    {
        foreach (var tensor in _masters.Concat(_accumulated)) tensor?.Dispose();
        NativeMemory.Free(Blocks);
        NativeMemory.Free(Slices);
        NativeMemory.Free(Partials);
        Blocks = null;
        Slices = null;
        Partials = null;
    }

    private static Tensor MasterOf(OptimizerParameter parameter)
    {
        using var inference = no_grad();
        var source = parameter.Master ?? parameter.Compute;
        if (!source.shape.SequenceEqual(parameter.Compute.shape))
            throw new ArgumentException($"the master of '{parameter.Name}' has shape [{string.Join(", ", source.shape)}], the parameter [{string.Join(", ", parameter.Compute.shape)}].");
        return source.detach().to(ScalarType.Float32, copy: true).contiguous().DetachFromDisposeScope();
    }

    private static void Check(OptimizerParameter parameter)
    {
        var tensor = parameter.Compute;
        if (tensor.dtype is not (ScalarType.Float32 or ScalarType.BFloat16))
            throw new ArgumentException($"'{parameter.Name}' has type {tensor.dtype}; the optimizer moves float32 and bfloat16.");
        if (tensor.device_type != TorchSharp.DeviceType.CPU)
            throw new ArgumentException($"'{parameter.Name}' lies on {tensor.device}; this optimizer runs on the CPU.");
        if (!tensor.is_contiguous())
            throw new ArgumentException($"'{parameter.Name}' is not contiguous; call contiguous() before building the optimizer.");
    }
}
