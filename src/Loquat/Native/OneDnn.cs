using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Native;

/// <summary>
/// The matrix product of oneDNN inside libtorch. Operators reach it for bf16 only; in fp32 they call MKL, which gives processors of other makers its AVX2
/// code (measured on Zen 5: 215 GFLOP/s where this gives 400 to 490). The function is exported, but no part of an interface that is kept stable: it is asked for by its
/// name, and where it is absent libtorch's operators do the work.
/// </summary>
internal static unsafe class OneDnn
{
    // at::native::mkldnn_matmul(at::Tensor const& a, at::Tensor const& b, at::Tensor const& result, float beta, float alpha)
    private const string Symbol = "_ZN2at6native13mkldnn_matmulERKNS_6TensorES3_S3_ff";

    private static readonly delegate* unmanaged[Cdecl]<nint, nint, nint, float, float, void> _multiply = Find();

    public static bool IsAvailable => _multiply != null;

    /// <summary>
    /// Whether it multiplies numbers of this type here. What it refuses it refuses with a C++ exception, which would end the process: so its own conditions stand here too.
    /// libtorch 2.10 asks for AVX-512 with its byte, word and doubleword instructions whatever the type: without them it refused products of float32 as well (measured on Zen 3).
    /// </summary>
    public static bool Takes(ScalarType type) => IsAvailable && (type is ScalarType.Float32 or ScalarType.BFloat16) && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;

    /// <summary>result = alpha · a · b + beta · result.</summary>
    /// <param name="result">(M, N), or (S, M, N); dense in its last axis.</param>
    /// <param name="a">(M, K), or (S, M, K). Rows that lie apart are copied first.</param>
    /// <param name="b">(K, N), or (S, K, N).</param>
    public static void Multiply(Tensor result, Tensor a, Tensor b, float beta, float alpha)
    {
        _multiply(a.Handle, b.Handle, result.Handle, beta, alpha);
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(result);
    }

    private static delegate* unmanaged[Cdecl]<nint, nint, nint, float, float, void> Find()
    {
        Libtorch.Initialize();
        return X86Base.IsSupported && NativeLibrary.TryLoad(Path.Combine(Libtorch.Folder, LibtorchFolder.FileName("torch_cpu")), out var library)
            && NativeLibrary.TryGetExport(library, Symbol, out var function)
            ? (delegate* unmanaged[Cdecl]<nint, nint, nint, float, float, void>)function
            : null;
    }
}
