using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Native;

/// <summary>
/// The one door to matrix products without autograd: training passes, linear layers, heads, Newton-Schulz. Each kind of product goes to the library that measured faster on
/// this machine (<see cref="ProductChoice"/>); other devices and number types to libtorch's operators.
/// </summary>
public static class Products
{
    // TorchScript, because TorchSharp 0.107 hands the arguments of baddbmm to the wrong places. The factors come as a tensor: numbers become native objects that the
    // garbage collector may free before the call has read them.
    private static readonly Lazy<jit.CompilationUnit> Stacks = new(() => jit.compile("""
        def add(result: Tensor, a: Tensor, b: Tensor, factors: Tensor) -> None:
            torch.baddbmm(result, a, b, beta=float(factors[0]), alpha=float(factors[1]), out=result)

        """));

    private static ProductChoice? _choice;

    /// <summary>
    /// What is in force: the choice measured on this machine, in about half a second when it is asked for the first time, and kept in the cache folder. `LOQUAT_PRODUCTS` (`libtorch`, `onednn`) overrides
    /// it. A run sets it to the choice that it began with.
    /// </summary>
    /// <exception cref="OptionsException">`LOQUAT_PRODUCTS` has another value.</exception>
    public static ProductChoice Choice
    {
        get => Volatile.Read(ref _choice) ?? (_choice = Overridden() ?? MachineProbe.MeasuredChoice());
        set => Volatile.Write(ref _choice, value);
    }

    /// <summary>Whether products of this kind and type are computed by oneDNN, which copies operands whose rows lie apart.</summary>
    internal static bool UseOneDnn(ProductKind kind, Tensor like) =>
        like.device_type == DeviceType.CPU && OneDnn.Takes(like.dtype) && Choice.Uses(kind);

    /// <summary>y (+)= a · b.</summary>
    /// <param name="y">(M, N), overwritten or added to.</param>
    /// <param name="a">(M, K), at any strides.</param>
    /// <param name="b">(K, N), at any strides.</param>
    internal static void Into(Tensor y, Tensor a, Tensor b, bool add = false)
    {
        if (UseOneDnn(ProductKind.Of(a, b), a) && Fit(y, a, b)) OneDnn.Multiply(y, a, b, add ? 1 : 0, 1);
        else ByLibtorch(y, a, b, add ? 1 : 0, 1);
    }

    /// <summary>y (+)= a · bᵀ.</summary>
    internal static void IntoTransposed(Tensor y, Tensor a, Tensor b, bool add = false)
    {
        using var across = b.t();
        Into(y, a, across, add);
    }

    /// <summary>y = beta · y + alpha · a · b, for each matrix of a stack.</summary>
    /// <param name="y">(S, M, N).</param>
    /// <param name="a">(S, M, K).</param>
    /// <param name="b">(S, K, N).</param>
    internal static void Stack(Tensor y, Tensor a, Tensor b, float beta = 0, float alpha = 1)
    {
        if (UseOneDnn(new(ProductKind.PrecisionOf(a), ProductForm.Stack, Large: false), a) && Fit(y, a, b)) OneDnn.Multiply(y, a, b, beta, alpha);
        else ByLibtorch(y, a, b, beta, alpha);
    }

    /// <summary>
    /// Whether shapes and types fit each other: libtorch's operators say what does not, where oneDNN would end the process. Matrices of a single row or column are theirs too:
    /// the stride of such an axis says nothing, and oneDNN was seen to write a single column that lies in a wider matrix to the wrong places.
    /// </summary>
    private static bool Fit(Tensor y, Tensor a, Tensor b)
    {
        var (left, right, result) = (a.shape, b.shape, y.shape);
        return left.Length == right.Length && left.Length == result.Length && a.dtype == b.dtype && a.dtype == y.dtype && y.stride(-1) == 1
            && left[^1] == right[^2] && result[^2] == left[^2] && result[^1] == right[^1] && (left.Length == 2 || (left[0] == right[0] && left[0] == result[0]))
            && left[^1] > 1 && left[^2] > 1 && right[^1] > 1 && (left.Length == 2 || left[0] > 0);
    }

    /// <summary>The same by libtorch's operators.</summary>
    internal static void ByLibtorch(Tensor y, Tensor a, Tensor b, float beta, float alpha)
    {
        if (a.dim() == 2)
        {
            if (y.shape[1] > 1 || (y.is_contiguous() && b.is_contiguous()))
            {
                y.addmm_(a, b, beta, alpha);
                return;
            }
            // libtorch 2.10 reads and writes single columns of bfloat16 that lie in wider matrices at the wrong places.
            using var right = b.contiguous();
            using var column = y.contiguous();
            column.addmm_(a, right, beta, alpha);
            y.copy_(column);
            return;
        }
        using var factors = tensor(new double[] { beta, alpha });
        Stacks.Value.invoke("add", y, a, b, factors);
    }

    private static ProductChoice? Overridden() => Environment.GetEnvironmentVariable("LOQUAT_PRODUCTS") switch
    {
        null or "" => null,
        "libtorch" => ProductChoice.Libtorch,
        "onednn" when OneDnn.Takes(ScalarType.Float32) => ProductChoice.OneDnn,
        "onednn" => throw new OptionsException($"LOQUAT_PRODUCTS is 'onednn', but the libtorch in {Libtorch.Folder} does not offer it on this processor; unset it, or set 'libtorch'."),
        var other => throw new OptionsException($"LOQUAT_PRODUCTS is '{other}'; allowed: libtorch, onednn, or unset for what measures faster."),
    };
}
