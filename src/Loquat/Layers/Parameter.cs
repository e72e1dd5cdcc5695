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
    private readonly bool _followed;   // by autograd, where it is trained
    private Tensor _value;

    /// <param name="seed">Of the initial values; null: none are set, for what is read from a file.</param>
    internal unsafe Parameter(ParameterSpec spec, Placement placement, ulong? seed)
    {
        Spec = spec;
        using var scope = NewDisposeScope();
        if (seed is { } start)
        {
            var values = empty(spec.Shape, dtype: ScalarType.Float32);
            spec.Initializer.Fill(values.Pointer<float>(), spec.Count, start ^ XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(spec.Name)));
            _value = values.to(placement.For(spec.Role)).to(placement.Device).DetachFromDisposeScope();
        }
        else
        {
            _value = empty(spec.Shape, dtype: placement.For(spec.Role), device: placement.Device).DetachFromDisposeScope();
        }
        // The tables at both ends of a model get their gradients outside autograd (see EmbeddingTable and VocabularyHead).
        _value.requires_grad = _followed = spec.Role is ParameterRole.Matrix or ParameterRole.Output or ParameterRole.Vector;
    }

    public ParameterSpec Spec { get; }

    public string Name => Spec.Name;

    /// <summary>The tensor that the model computes with; of a quantized parameter a new one that it decodes to.</summary>
    public Tensor Value => Quantized?.Decode() ?? _value;

    /// <summary>Whether training changes it. What does not learn has no gradient. Default: true.</summary>
    public bool Trains
    {
        get;
        set
        {
            if (value && Quantized is not null) throw new InvalidOperationException($"{Name} is quantized; it cannot learn.");
            field = value;
            if (Quantized is not null) return;
            _value.requires_grad = value && _followed;
            if (!value) Forget();
        }
    } = true;

    /// <summary>What is learned beside the map whose weight this is, in the order in which it acts.</summary>
    internal List<LinearAdapter> Adapters { get; } = [];

    /// <summary>Of a table: rows that follow its last, which a model is given and no file of it holds; null: none. See <see cref="EmbeddingTable"/>.</summary>
    internal Parameter? MoreRows { get; set; }

    /// <summary>The values in few bits; null: they are as in <see cref="Value"/>.</summary>
    internal QuantizedWeight? Quantized { get; private set; }

    /// <summary>Whether it is a tensor, which nothing else acts with.</summary>
    internal bool IsPlain => Quantized is null && Adapters.Count == 0;

    /// <summary>Overwrites the values, converting to the parameter's number type.</summary>
    public void Load(Tensor values)
    {
        using var guard = no_grad();
        if (Quantized is not { } before) _value.copy_(values);
        else
        {
            using var scope = NewDisposeScope();
            Quantized = before.With(values);
            before.Dispose();
        }
    }

    /// <summary>Keeps the values in few bits from now on, and trains them no more.</summary>
    internal void Quantize(QuantizationKind kind)
    {
        if (kind == QuantizationKind.None || Quantized is not null) return;
        if (_value.device_type != DeviceType.CPU || !_value.HasKernel()) throw new OptionsException($"quantized weights are kept on the processor; {Name} lies on {_value.device}, as {_value.dtype}. Leave quantization out.");
        Trains = false;
        Quantized = new QuantizedWeight(_value, kind);
        _value.Dispose();
    }

    /// <summary>Lets go of the gradient.</summary>
    internal void Forget()
    {
        if (Quantized is not null) return;
        _value.grad?.Dispose();
        _value.grad = null;
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
        if (!Trains) return;
        using var across = a.t();
        var (gradient, add) = GradientBuffer();
        Products.Into(gradient, across, b, add);
        gradient.Dispose();
    }

    public void Dispose()
    {
        Quantized?.Dispose();
        _value.Dispose();
    }
}
