using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Drives the singular values of matrices toward 1 by the quintic iteration X = aX + (bA + cA²)X with A = XXᵀ and coefficients chosen for
/// a steep rise near 0 (Jordan et al. 2024). They end between about 0.7 and 1.2, which is near enough for an update.
/// </summary>
internal static class NewtonSchulz
{
    private const float Cubic = -4.775f, Quintic = 2.0315f, Linear = 3.4445f;

    /// <summary>Orthogonalizes a stack of matrices.</summary>
    /// <param name="x">(N, R, C) matrices with Frobenius norm of at most 1, any floating type.</param>
    /// <param name="steps">Iterations.</param>
    /// <returns>(N, R, C), contiguous.</returns>
    public static Tensor Orthogonalize(Tensor x, int steps)
    {
        using var scope = NewDisposeScope();
        var (count, rows, columns) = (x.shape[0], x.shape[1], x.shape[2]);
        var least = Math.Min(rows, columns);
        // The Gram matrix of the shorter side is the smaller product; a tall X is multiplied from the right instead of being transposed.
        var wide = rows <= columns;
        var gram = empty([count, least, least], dtype: x.dtype, device: x.device);
        var (current, next) = (x.clone(), empty_like(x));
        for (var step = 0; step < steps; step++)
        {
            using var across = current.transpose(1, 2);
            if (wide) Products.Stack(gram, current, across);
            else Products.Stack(gram, across, current);
            using var polynomial = gram.clone();
            Products.Stack(polynomial, gram, gram, beta: Cubic, alpha: Quintic);
            next.copy_(current);
            if (wide) Products.Stack(next, polynomial, current, beta: Linear);
            else Products.Stack(next, current, polynomial, beta: Linear);
            (current, next) = (next, current);
        }
        return current.MoveToOuterDisposeScope();
    }
}
