using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Kernels;

/// <summary>
/// Addresses of tensors without a managed wrapper each: a step asks for every gradient, and TorchSharp's own property makes an object with
/// a finalizer per call. These are TorchSharp's internal entry points, bound at compile time.
/// </summary>
internal static unsafe class TensorPointers
{
    /// <summary>The address of the first element of a CPU tensor; valid while the tensor lives.</summary>
    public static T* Pointer<T>(this Tensor tensor) where T : unmanaged => (T*)Data(null, tensor.Handle);

    /// <summary>True where the kernels of this folder apply: a CPU tensor of float32 or bfloat16.</summary>
    public static bool HasKernel(this Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16;

    private const string NativeMethods = "TorchSharp.PInvoke.NativeMethods, TorchSharp";

    /// <summary>The first element of a contiguous tensor on the CPU.</summary>
    public static void* Data(Tensor tensor) => (void*)Data(null, tensor.Handle);

    /// <summary>The first element of the gradient of a tensor; null where it has none. The gradient stays alive as long as the tensor keeps it.</summary>
    /// <exception cref="InvalidOperationException">The gradient's elements do not lie in the order of the tensor's, or are of another type.</exception>
    public static void* Gradient(Tensor tensor)
    {
        var gradient = Gradient(null, tensor.Handle);
        if (gradient == 0) return null;
        var data = Data(null, gradient);
        var fits = IsContiguous(null, gradient) && Type(null, gradient) == Type(null, tensor.Handle);
        Dispose(null, gradient);
        return fits ? (void*)data : throw new InvalidOperationException("a gradient is not contiguous or not of its parameter's type; assign gradient.to(type).contiguous().");
    }

    /// <summary>Forgets the gradient of a tensor: the next backward pass hands over its own buffer instead of adding to this one.</summary>
    public static void ReleaseGradient(Tensor tensor) => SetGradient(null, tensor.Handle, 0);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSTensor_data")]
    private static extern nint Data([UnsafeAccessorType(NativeMethods)] object? owner, nint tensor);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSTensor_grad")]
    private static extern nint Gradient([UnsafeAccessorType(NativeMethods)] object? owner, nint tensor);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSTensor_is_contiguous")]
    private static extern bool IsContiguous([UnsafeAccessorType(NativeMethods)] object? owner, nint tensor);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSTensor_type")]
    private static extern sbyte Type([UnsafeAccessorType(NativeMethods)] object? owner, nint tensor);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSTensor_set_grad")]
    private static extern void SetGradient([UnsafeAccessorType(NativeMethods)] object? owner, nint tensor, nint gradient);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSTensor_dispose")]
    private static extern void Dispose([UnsafeAccessorType(NativeMethods)] object? owner, nint tensor);
}
