using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>What a gain is measured in.</summary>
public enum ThresholdMode
{
    /// <summary>Shares of the lowest loss.</summary>
    Rel,

    /// <summary>Nats.</summary>
    Abs,
}

/// <summary>The rate falls by a factor when the validation loss has not for a number of evaluations, as torch's ReduceLROnPlateau.</summary>
public sealed record ReduceLrOnPlateauOptions : ScheduleOptions
{
    [Description("Multiplies the rate.")]
    [Range(1e-6, 0.999999)]
    public double Factor { get; init; } = 0.1;

    [Description("Evaluations without a gain that are waited out.")]
    [Range(0, 1_000_000)]
    public int Patience { get; init; } = 10;

    [Description("The least gain.")]
    [Range(0.0, 1e6)]
    public double Threshold { get; init; } = 1e-4;

    [Description("Whether the threshold is a share of the lowest loss, or nats.")]
    public ThresholdMode ThresholdMode { get; init; } = ThresholdMode.Rel;

    [Description("Evaluations after a fall that do not count.")]
    [Range(0, 1_000_000)]
    public int Cooldown { get; init; }

    [Description("The lowest rate.")]
    [Range(0.0, 100)]
    public double MinLr { get; init; }

    public override string Type => "reduce_lr_on_plateau";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new PlateauSchedule(learningRate, this);
}

/// <summary>The schedule of <see cref="ReduceLrOnPlateauOptions"/>: a function of the losses that it was told.</summary>
public sealed record PlateauSchedule(double LearningRate, ReduceLrOnPlateauOptions Options) : LearningRateSchedule(LearningRate), ILossSchedule
{
    private const double LeastFall = 1e-8;

    private double _factor = 1;
    private double _best = double.MaxValue;
    private double _bad;
    private double _cooling;

    public IReadOnlyList<double> Memory
    {
        get => [_factor, _best, _bad, _cooling];
        set => (_factor, _best, _bad, _cooling) = (value[0], value[1], value[2], value[3]);
    }

    public override double Factor(long step) => _factor;

    public void Observe(double loss)
    {
        if (loss < (Options.ThresholdMode == ThresholdMode.Rel ? _best * (1 - Options.Threshold) : _best - Options.Threshold)) (_best, _bad) = (loss, 0);
        else _bad++;
        if (_cooling > 0) (_cooling, _bad) = (_cooling - 1, 0);
        if (_bad <= Options.Patience) return;
        var lower = Math.Max(_factor * Options.Factor, Options.MinLr / LearningRate);
        if ((_factor - lower) * LearningRate > LeastFall) _factor = lower;
        (_cooling, _bad) = (Options.Cooldown, 0);
    }
}
