using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// The gradient times, on each side, a root of the sum of its products with itself (Gupta et al. 2018, "Shampoo", algorithm 1): exponent -1 / (2 · dimensions). Weight decay
/// is added to the gradient.
/// </summary>
public sealed record ShampooOptions : RuleOptions
{
    public ShampooOptions() => LearningRate = 0.01;

    [Description("Share of the last direction in the gradient.")]
    [Range(0, 0.999999)]
    [ShapesState]
    public double Momentum { get; init; }

    [Description("Steps from one computation of the roots to the next.")]
    [Range(1, 1e9)]
    public long PreconditioningComputeSteps { get; init; } = 10;

    [Description("What the sums begin with, on their diagonal.")]
    [Range(1e-12, 1e6)]
    public double MatrixEps { get; init; } = 1e-6;

    [Description("Sides longer than this are left as they are: their root would take too long.")]
    [Range(1, 1e6)]
    [ShapesState]
    public int MaxPreconditionDim { get; init; } = 2048;

    public override string Type => "shampoo";

    public override double NumbersPerWeight => 4;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule : TensorRule
    {
        private readonly ShampooOptions _options;
        private readonly (Tensor Sum, Tensor Root)?[][] _sides;
        private readonly Tensor?[] _direction;

        public Rule(ParameterSet set, ShampooOptions options) : base(set)
        {
            _options = options;
            _sides = [.. Enumerable.Range(0, set.Count).Select(i => set[i].Compute.shape.Select((extent, side) => extent > options.MaxPreconditionDim
                ? ((Tensor, Tensor)?)null
                : (Remember(i, $"pre_cond_{side}", eye(extent).mul_(options.MatrixEps)), Remember(i, $"inv_pre_cond_{side}", eye(extent)))).ToArray())];
            _direction = [.. Enumerable.Range(0, set.Count).Select(i => options.Momentum > 0 ? Remember(i, "momentum_buffer", zeros(set[i].Compute.shape)) : null)];
        }

        protected override void Move(long step, int parameter, Tensor weights, Tensor gradient, double rate, bool decays)
        {
            if (_direction[parameter] is { } last && step > 1) gradient = gradient.lerp_(last, _options.Momentum);
            if (decays) gradient.add_(weights, alpha: _options.WeightDecay);
            var sides = _sides[parameter];
            var direction = gradient;
            for (var side = 0; side < sides.Length; side++)
            {
                if (sides[side] is not { } own) continue;
                var flat = Flat(gradient, side);
                own.Sum.add_(flat.matmul(flat.t()));
                // Until the roots are computed for the first time, those of the first step do.
                if (step == 1 || step % _options.PreconditioningComputeSteps == 0) own.Root.copy_(Root(own.Sum, 2 * sides.Length, _options.MatrixEps));
                direction = own.Root.matmul(Flat(direction, side)).reshape(direction.transpose(0, side).shape).transpose(0, side);
            }
            _direction[parameter]?.copy_(direction);
            weights.add_(direction, alpha: -rate);
        }

        /// <summary>(this side, the others).</summary>
        private static Tensor Flat(Tensor x, int side) => x.transpose(0, side).reshape(x.shape[side], -1);

        /// <summary>The symmetric matrix to the power of -1 / p. What it began with bounds its eigenvalues from below; rounding may not.</summary>
        private static Tensor Root(Tensor matrix, double p, double least)
        {
            var (values, vectors) = linalg.eigh(matrix.to(ScalarType.Float64));
            return vectors.mul(values.clamp(min: least).pow(-1 / p)).matmul(vectors.t()).to(ScalarType.Float32);
        }
    }
}
