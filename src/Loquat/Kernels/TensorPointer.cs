using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Kernels;

internal static unsafe class TensorPointer
{
    /// <summary>The address of the first element of a contiguous CPU tensor; valid while the tensor lives.</summary>
    public static T* Pointer<T>(this Tensor tensor) where T : unmanaged =>
        (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>True where the kernels of this folder apply: a CPU tensor of float32 or bfloat16.</summary>
    public static bool HasKernel(this Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16;
}
