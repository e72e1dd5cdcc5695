using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Adam in the eigenbasis of Shampoo's sums (Vyas et al. 2024, "SOAP", algorithm 3). The first step finds a basis and moves nothing. Each update uses the basis made after the one
/// before; every <see cref="PreconditionFrequency"/> steps the basis follows by a step of power iteration and a QR decomposition, the second moment sorted along with it. Vectors
/// are left to Adam. Weight decay is decoupled.
/// </summary>
public sealed record SoapOptions : MomentsOptions
{
    public SoapOptions() => (LearningRate, WeightDecay, AdamBeta1, AdamBeta2) = (3e-3, 0.01, 0.95, 0.95);

    [Description("Decay of the sums that the basis is of. Default: adam_beta2.")]
    [Range(0, 0.9999999)]
    public double? ShampooBeta { get; init; }

    [Description("Steps from one basis to the next.")]
    [Range(1, 1e9)]
    public long PreconditionFrequency { get; init; } = 10;

    [Description("Sides longer than this keep their own basis: another would take too long.")]
    [Range(1, 1e6)]
    [ShapesState]
    public int MaxPreconditionDim { get; init; } = 2048;

    public override string Type => "soap";

    public override double NumbersPerWeight => 6;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule : TensorRule
    {
        private readonly SoapOptions _options;
        private readonly (Tensor First, Tensor Second)[] _moments;
        private readonly (Tensor Sum, Tensor Basis)?[][] _sides;

        public Rule(ParameterSet set, SoapOptions options) : base(set)
        {
            _options = options;
            _moments = [.. Enumerable.Range(0, set.Count).Select(i => (Remember(i, "exp_avg", zeros(set[i].Compute.shape)), Remember(i, "exp_avg_sq", zeros(set[i].Compute.shape))))];
            _sides = [.. Enumerable.Range(0, set.Count).Select(i => set[i].Compute.dim() < 2 ? [] : set[i].Compute.shape.Select((extent, side) => extent > options.MaxPreconditionDim
                ? ((Tensor, Tensor)?)null
                : (Remember(i, $"gg_{side}", zeros(extent, extent)), Remember(i, $"q_{side}", zeros(extent, extent)))).ToArray())];
        }

        protected override void Move(long step, int parameter, Tensor weights, Tensor gradient, double rate, bool decays)
        {
            var (first, second) = _moments[parameter];
            // The first step is none: it only finds the bases.
            var moves = step - 1;
            if (moves > 0)
            {
                var projected = Project(parameter, gradient, back: false);
                first.mul_(_options.AdamBeta1).add_(gradient, alpha: 1 - _options.AdamBeta1);
                second.mul_(_options.AdamBeta2).addcmul_(projected, projected, value: 1 - _options.AdamBeta2);
                var direction = Project(parameter, first, back: false).div(second.sqrt().add_(_options.AdamEpsilon));
                var correction = Math.Sqrt(1 - Math.Pow(_options.AdamBeta2, moves)) / (1 - Math.Pow(_options.AdamBeta1, moves));
                weights.add_(Project(parameter, direction, back: true), alpha: -rate * correction);
                if (decays) weights.mul_(1 - rate * _options.WeightDecay);
            }
            UpdateBases(moves, parameter, gradient);
        }

        private void UpdateBases(long moves, int parameter, Tensor gradient)
        {
            var sides = _sides[parameter];
            for (var side = 0; side < sides.Length; side++)
            {
                if (sides[side] is not { } own) continue;
                var across = gradient.transpose(0, side);
                var flat = across.reshape(across.shape[0], -1);
                own.Sum.lerp_(flat.matmul(flat.t()), 1 - (_options.ShampooBeta ?? _options.AdamBeta2));
                if (moves == 0)
                {
                    var (_, vectors) = linalg.eigh(own.Sum.to(ScalarType.Float64));
                    own.Basis.copy_(vectors.flip(1));
                }
                else if (moves % _options.PreconditionFrequency == 0) Follow(parameter, side, own.Sum, own.Basis);
            }
        }

        private void Follow(int parameter, int side, Tensor sum, Tensor basis)
        {
            var (wideSum, wideBasis) = (sum.to(ScalarType.Float64), basis.to(ScalarType.Float64));
            var iterated = wideSum.matmul(wideBasis);
            var order = wideBasis.mul(iterated).sum(-2).argsort(descending: true);
            var second = _moments[parameter].Second;
            second.copy_(second.index_select(side, order));
            var (q, _) = linalg.qr(iterated.index_select(1, order));
            basis.copy_(q);
        }

        /// <summary>Into the bases of all sides, or back.</summary>
        private Tensor Project(int parameter, Tensor x, bool back)
        {
            var sides = _sides[parameter];
            for (var side = 0; side < sides.Length; side++)
            {
                if (sides[side] is not { } own) continue;
                var across = x.transpose(0, side);
                x = (back ? own.Basis : own.Basis.t()).matmul(across.reshape(across.shape[0], -1)).reshape(across.shape).transpose(0, side);
            }
            return x;
        }
    }
}
