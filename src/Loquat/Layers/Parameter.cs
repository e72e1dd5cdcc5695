using System.IO.Hashing;
using System.Text;
using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What a parameter is for; decides its number type, weight decay and optimizer.</summary>
public enum ParameterRole
{
    /// <summary>The weight of a hidden linear layer: compute precision, decays, Muon's domain.</summary>
    Matrix,

    /// <summary>A table of token or position vectors: compute precision.</summary>
    Embedding,

    /// <summary>The projection to the vocabulary: compute precision.</summary>
    Head,

    /// <summary>The weight of another head's last layer, of few rows: compute precision, decays, not Muon's domain.</summary>
    Output,

    /// <summary>A bias or gain: always float32, never decays.</summary>
    Vector,
}

/// <summary>A parameter before it exists, so that counts and memory are known without building the model.</summary>
/// <param name="Name">The name in the checkpoint, Hugging Face's.</param>
/// <param name="Shape">Extent of each axis.</param>
/// <param name="Initializer">How it starts.</param>
/// <param name="Role">What it is for.</param>
public sealed record ParameterSpec(string Name, long[] Shape, Initializer Initializer, ParameterRole Role)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => checked(product * extent));
}

/// <summary>Where a model lives and in which number type its matrices compute.</summary>
/// <param name="Device">CPU or CUDA.</param>
/// <param name="Compute">float32 or bfloat16; vectors stay float32.</param>
public sealed record Placement(Device Device, ScalarType Compute)
{
    /// <summary>The processor, float32.</summary>
    /// <exception cref="MachineException">libtorch is not found or cannot be loaded.</exception>
    public static Placement Cpu
    {
        get
        {
            Libtorch.Initialize();
            return new(torch.CPU, ScalarType.Float32);
        }
    }

    /// <summary>The processor, with all values in float64: what references are computed in. Slow, and for reading alone.</summary>
    internal static Placement Exact => Cpu with { Compute = ScalarType.Float64 };

    /// <summary>The first CUDA device where libtorch has one, else the processor.</summary>
    /// <param name="precision">What matrices compute in.</param>
    /// <exception cref="MachineException">libtorch is not found or cannot be loaded.</exception>
    public static Placement Of(Precision precision = Precision.Float32) =>
        Cpu with { Device = Libtorch.HasCuda ? CUDA : torch.CPU, Compute = precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32 };

    internal ScalarType For(ParameterRole role) => role == ParameterRole.Vector && Compute != ScalarType.Float64 ? ScalarType.Float32 : Compute;
}

/// <summary>A named tensor that training changes. Its gradient is <c>Value.grad</c>.</summary>
public sealed class Parameter : IDisposable
{
    /// <param name="seed">Of the initial values; null: none are set, for what is read from a file.</param>
    internal unsafe Parameter(ParameterSpec spec, Placement placement, ulong? seed)
    {
        Spec = spec;
        using var scope = NewDisposeScope();
        if (seed is { } start)
        {
            var values = empty(spec.Shape, dtype: ScalarType.Float32);
            spec.Initializer.Fill(values.Pointer<float>(), spec.Count, start ^ XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(spec.Name)));
            Value = values.to(placement.For(spec.Role)).to(placement.Device).DetachFromDisposeScope();
        }
        else
        {
            Value = empty(spec.Shape, dtype: placement.For(spec.Role), device: placement.Device).DetachFromDisposeScope();
        }
        // The tables at both ends of a model get their gradients outside autograd (see EmbeddingTable and VocabularyHead).
        Value.requires_grad = spec.Role is ParameterRole.Matrix or ParameterRole.Output or ParameterRole.Vector;
    }

    public ParameterSpec Spec { get; }

    public string Name => Spec.Name;

    /// <summary>The tensor that the model computes with.</summary>
    public Tensor Value { get; }

    /// <summary>Overwrites the values, converting to the parameter's number type.</summary>
    public void Load(Tensor values)
    {
        using var guard = no_grad();
        Value.copy_(values);
    }

    /// <summary>Where a training pass puts the gradient, and whether it must add to what lies there. The caller disposes of the handle.</summary>
    internal (Tensor Gradient, bool Add) GradientBuffer()
    {
        if (Value.grad is { } sum) return (sum, true);
        var fresh = empty(Value.shape, dtype: Value.dtype, device: Value.device);
        Value.grad = fresh;
        return (fresh, false);
    }

    /// <summary>Adds aᵀ · b to the gradient: the sum over rows happens inside the product.</summary>
    /// <param name="a">(N, R) for a parameter of (R, C).</param>
    /// <param name="b">(N, C).</param>
    internal void AddGradient(Tensor a, Tensor b)
    {
        using var across = a.t();
        var (gradient, add) = GradientBuffer();
        Products.Into(gradient, across, b, add);
        gradient.Dispose();
    }

    public void Dispose() => Value.Dispose();
}
