using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Adafactor (Shazeer and Stern 2018) as <c>torch.optim.Adafactor</c> computes it: the rate is that of the step or the root of 1 / t, whichever is less, times the root mean
/// square of the weights; eps1 is the least mean of squares; weight decay takes the plain learning rate.
/// </summary>
public sealed record AdafactorTorchOptions : RuleOptions
{
    public AdafactorTorchOptions() => LearningRate = 0.01;

    [Description("The second moment of step t keeps 1 - t to this power.")]
    [Range(-10.0, 0.0)]
    public double Beta2Decay { get; init; } = -0.8;

    [Description("The least second moment, by its root; the least mean of a row's. Default: that of float32, 2^-23.")]
    [Range(0, 1)]
    public double Eps1 { get; init; } = 1.1920928955078125e-7;

    [Description("The least size of weights that the rate is multiplied by.")]
    [Range(0, 1)]
    public double Eps2 { get; init; } = 1e-3;

    [Description("The largest root mean square of an update before the learning rate.")]
    [Range(1e-6, 1e6)]
    public double D { get; init; } = 1;

    public override string Type => "adafactor_torch";

    public override double NumbersPerWeight => 0;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule : TensorRule
    {
        private readonly AdafactorTorchOptions _options;
        private readonly (Tensor? Row, Tensor? Column, Tensor? Whole)[] _states;

        public Rule(ParameterSet set, AdafactorTorchOptions options) : base(set)
        {
            _options = options;
            _states = [.. Enumerable.Range(0, set.Count).Select(i =>
            {
                var shape = set[i].Compute.shape;
                var factored = shape.Length >= 2;
                return (factored ? Remember(i, "row_var", zeros([.. shape[..^1], 1])) : null, factored ? Remember(i, "col_var", zeros([.. shape[..^2], 1, shape[^1]])) : null,
                    factored ? null : Remember(i, "variance", zeros(shape)));
            })];
        }

        protected override void Move(long step, int parameter, Tensor weights, Tensor gradient, double rate, bool decays)
        {
            var (row, column, whole) = _states[parameter];
            var taken = Math.Pow(step, _options.Beta2Decay);
            var size = Math.Sqrt(weights.numel());
            var scaled = Math.Max(_options.Eps2, weights.norm().item<float>() / size) * Math.Min(rate, 1 / Math.Sqrt(step));
            if (decays) weights.mul_(1 - rate * _options.WeightDecay);
            var square = gradient.square();
            Tensor estimate;
            if (whole is null)
            {
                row!.lerp_(square.mean([-1], keepdim: true), taken);
                column!.lerp_(square.mean([-2], keepdim: true), taken);
                estimate = row.matmul(column).div_(row.mean([-2], keepdim: true).clamp_(min: _options.Eps1));
            }
            else
            {
                estimate = whole.lerp_(square, taken).clone();
            }
            var update = estimate.clamp_(min: _options.Eps1 * _options.Eps1).rsqrt_().mul_(gradient);
            weights.add_(update, alpha: -scaled / Math.Max(1, update.norm().item<float>() / (size * _options.D)));
        }
    }
}
