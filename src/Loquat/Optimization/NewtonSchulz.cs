using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>
/// Drives the singular values of matrices toward 1 by the quintic iteration X = aX + (bA + cA²)X with A = XXᵀ and coefficients chosen for
/// a steep rise near 0 (Jordan et al. 2024). They end between about 0.7 and 1.2, which is near enough for an update.
/// </summary>
internal static class NewtonSchulz
{
    // TorchScript, because TorchSharp 0.107 hands the arguments of baddbmm to the wrong places. The Gram matrix of the shorter
    // side is the smaller product; a tall X is multiplied from the right instead of being transposed.
    private const string Source = """
        def orthogonalize(x: Tensor, steps: int) -> Tensor:
            wide = x.size(1) <= x.size(2)
            for i in range(steps):
                if wide:
                    gram = torch.bmm(x, x.transpose(1, 2))
                else:
                    gram = torch.bmm(x.transpose(1, 2), x)
                polynomial = torch.baddbmm(gram, gram, gram, beta=-4.775, alpha=2.0315)
                if wide:
                    x = torch.baddbmm(x, polynomial, x, beta=3.4445, alpha=1.0)
                else:
                    x = torch.baddbmm(x, x, polynomial, beta=3.4445, alpha=1.0)
            return x

        """;

    private static readonly Lazy<jit.CompilationUnit> Compiled = new(() => jit.compile(Source));

    /// <summary>Orthogonalizes a stack of matrices.</summary>
    /// <param name="x">(N, R, C) matrices with Frobenius norm of at most 1, any floating type.</param>
    /// <param name="steps">Iterations.</param>
    /// <returns>(N, R, C), contiguous.</returns>
    public static Tensor Orthogonalize(Tensor x, int steps) => Compiled.Value.invoke<Tensor>("orthogonalize", x, steps);
}
