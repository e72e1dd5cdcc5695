using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Native;

/// <summary>How the operands of a matrix product lie.</summary>
public enum ProductForm
{
    /// <summary>a · b, both as they are stored: what comes back through a layer.</summary>
    Plain,

    /// <summary>a · bᵀ: a linear layer forward.</summary>
    RightTransposed,

    /// <summary>aᵀ · b: the gradient of a weight.</summary>
    LeftTransposed,

    /// <summary>Many products of one shape at once: Newton-Schulz.</summary>
    Stack,
}

/// <summary>Products that one library can be expected to compute equally well.</summary>
/// <param name="Precision">Number type of the operands.</param>
/// <param name="Form">How they lie.</param>
/// <param name="Large">Whether one product takes at least <see cref="LargeFlops"/> operations. A stack counts as small.</param>
public readonly record struct ProductKind(Precision Precision, ProductForm Form, bool Large)
{
    /// <summary>Between the products of a model of 128 features and those of one of 768.</summary>
    public const double LargeFlops = 2.5e8;

    /// <summary>Every kind there is.</summary>
    public static IReadOnlyList<ProductKind> All { get; } =
    [
        .. from precision in Enum.GetValues<Precision>()
           from form in Enum.GetValues<ProductForm>()
           from large in (bool[])[false, true]
           where form != ProductForm.Stack || !large
           select new ProductKind(precision, form, large),
    ];

    /// <summary>Such as `fp32 a·bᵀ large`.</summary>
    public override string ToString()
    {
        var form = Form switch
        {
            ProductForm.Plain => "a·b",
            ProductForm.RightTransposed => "a·bᵀ",
            ProductForm.LeftTransposed => "aᵀ·b",
            _ => "stack",
        };
        return $"{(Precision == Precision.Float32 ? "fp32" : "bf16")} {form}{(Form == ProductForm.Stack ? "" : Large ? " large" : " small")}";
    }

    /// <summary>The kind of a product of two matrices.</summary>
    internal static ProductKind Of(Tensor a, Tensor b)
    {
        var (rows, inner, columns) = (a.size(0), a.size(1), b.size(1));
        // A matrix of one row or column lies either way; the product is then too small for the form to matter.
        var form = a.stride(1) != 1 ? ProductForm.LeftTransposed : b.stride(1) != 1 ? ProductForm.RightTransposed : ProductForm.Plain;
        return new(PrecisionOf(a), form, 2.0 * rows * inner * columns >= LargeFlops);
    }

    internal static Precision PrecisionOf(Tensor a) => a.dtype == ScalarType.BFloat16 ? Precision.BFloat16 : Precision.Float32;
}
