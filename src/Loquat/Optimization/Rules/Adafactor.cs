using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Adam whose second moment of a matrix is a row and a column (Shazeer and Stern 2018, algorithm 4), as transformers computes it: eps1 is added to the squared gradient, weight
/// decay takes the scaled learning rate.
/// </summary>
public sealed record AdafactorOptions : RuleOptions
{
    [Description("Added to squared gradients.")]
    [Range(0, 1)]
    public double Eps1 { get; init; } = 1e-30;

    [Description("The least size of weights that scale_parameter counts.")]
    [Range(0, 1)]
    public double Eps2 { get; init; } = 1e-3;

    [Description("The largest root mean square of an update before the learning rate.")]
    [Range(1e-6, 1e6)]
    public double ClipThreshold { get; init; } = 1;

    [Description("The second moment of step t keeps 1 - t to this power.")]
    [Range(-10.0, 0.0)]
    public double DecayRate { get; init; } = -0.8;

    [Description("Decay of a running mean of updates. Default: none is kept.")]
    [Range(0, 0.999999)]
    [ShapesState]
    public double? Beta1 { get; init; }

    [Description("Multiply the rate by the root mean square of the weights.")]
    public bool ScaleParameter { get; init; }

    [Description("Rate of step t: the root of 1 / t, at most 0.01, whatever learning rate and schedule.")]
    public bool RelativeStep { get; init; }

    [Description("With relative_step: at most t / 1,000,000 instead of 0.01.")]
    public bool WarmupInit { get; init; }

    public override string Type => "adafactor";

    public override double NumbersPerWeight => Beta1 is null ? 0 : 1;

    public override IEnumerable<(string Key, string Reason)> Unused => RelativeStep ? [("learning_rate", "relative_step decides the rate.")] : [("warmup_init", "relative_step is off.")];

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed class Rule : TensorRule
    {
        private readonly AdafactorOptions _options;
        private readonly (Tensor? Row, Tensor? Column, Tensor? Whole, Tensor? Mean)[] _states;

        public Rule(ParameterSet set, AdafactorOptions options) : base(set)
        {
            _options = options;
            _states = [.. Enumerable.Range(0, set.Count).Select(i =>
            {
                var shape = set[i].Compute.shape;
                var factored = shape.Length >= 2;
                return (factored ? Remember(i, "exp_avg_sq_row", zeros(shape[..^1])) : null, factored ? Remember(i, "exp_avg_sq_col", zeros([.. shape[..^2], shape[^1]])) : null,
                    factored ? null : Remember(i, "exp_avg_sq", zeros(shape)), options.Beta1 is null ? null : Remember(i, "exp_avg", zeros(shape)));
            })];
        }

        protected override void Move(long step, int parameter, Tensor weights, Tensor gradient, double rate, bool decays)
        {
            var (row, column, whole, mean) = _states[parameter];
            if (_options.RelativeStep) rate = Math.Min(_options.WarmupInit ? 1e-6 * step : 1e-2, 1 / Math.Sqrt(step)) * Set[parameter].LearningRateFactor;
            if (_options.ScaleParameter) rate *= Math.Max(_options.Eps2, RootMeanSquare(weights));
            var taken = Math.Pow(step, _options.DecayRate);
            var square = gradient.square().add_(_options.Eps1);
            Tensor update;
            if (whole is null)
            {
                row!.mul_(1 - taken).add_(square.mean([-1]), alpha: taken);
                column!.mul_(1 - taken).add_(square.mean([-2]), alpha: taken);
                update = row.div(row.mean([-1], keepdim: true)).rsqrt_().unsqueeze(-1).mul(column.rsqrt().unsqueeze(-2)).mul_(gradient);
            }
            else
            {
                whole.mul_(1 - taken).add_(square, alpha: taken);
                update = whole.rsqrt().mul_(gradient);
            }
            update.mul_(rate / Math.Max(1, RootMeanSquare(update) / _options.ClipThreshold));
            if (mean is not null) update = mean.mul_(_options.Beta1!.Value).add_(update, alpha: 1 - _options.Beta1.Value);
            if (decays) weights.mul_(1 - _options.WeightDecay * rate);
            weights.sub_(update);
        }

        private static double RootMeanSquare(Tensor x) => x.norm().item<float>() / Math.Sqrt(x.numel());
    }
}
