using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>The curve of a one-cycle schedule.</summary>
public enum AnnealStrategy
{
    /// <summary>Half a cosine.</summary>
    Cos,

    /// <summary>A straight line.</summary>
    Linear,
}

/// <summary>Up to the learning rate, then down below where it began (Smith and Topin 2018, "super-convergence"), as torch's OneCycleLR.</summary>
public sealed record OneCycleOptions : ScheduleOptions
{
    [Description("Share of the steps that rise.")]
    [Range(0.0, 1)]
    public double PctStart { get; init; } = 0.3;

    [Description("How the rate goes.")]
    public AnnealStrategy AnnealStrategy { get; init; } = AnnealStrategy.Cos;

    [Description("The first rate is the highest divided by this.")]
    [Range(1e-6, 1e12)]
    public double DivFactor { get; init; } = 25;

    [Description("The last rate is the first divided by this.")]
    [Range(1e-6, 1e12)]
    public double FinalDivFactor { get; init; } = 1e4;

    [Description("Fall to the first rate as fast as it rose, and only then to the last.")]
    public bool ThreePhase { get; init; }

    public override string Type => "one_cycle";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this, totalSteps);

    private sealed record Schedule(double LearningRate, OneCycleOptions Options, long TotalSteps) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step)
        {
            var first = 1 / Options.DivFactor;
            var last = first / Options.FinalDivFactor;
            var (top, end) = (Options.PctStart * TotalSteps - 1, TotalSteps - 1.0);
            if (step >= end) return last;
            if (step <= top && top > 0) return Between(first, 1, step / top);
            if (!Options.ThreePhase) return Between(1, last, (step - top) / (end - top));
            var back = 2 * Options.PctStart * TotalSteps - 2;
            return step <= back ? Between(1, first, (step - top) / (back - top)) : Between(first, last, (step - back) / (end - back));
        }

        private double Between(double from, double to, double progress) => Options.AnnealStrategy == AnnealStrategy.Linear
            ? from + (to - from) * progress
            : to + (from - to) * 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}

/// <summary>How the height of a triangle changes from cycle to cycle.</summary>
public enum CyclicMode
{
    /// <summary>Not.</summary>
    Triangular,

    /// <summary>It halves.</summary>
    Triangular2,

    /// <summary>It falls by gamma at every step.</summary>
    ExpRange,
}

/// <summary>Triangles between a base rate and the learning rate (Smith 2017), as torch's CyclicLR.</summary>
public sealed record CyclicOptions : ScheduleOptions
{
    [Description("The lowest rate.")]
    [Range(0.0, 100)]
    public double BaseLr { get; init; } = 1e-5;

    [Description("Steps of a rise.")]
    [Range(1, 1e12)]
    public long StepSizeUp { get; init; } = 100;

    [Description("Steps of a fall. Default: those of a rise.")]
    [Range(1, 1e12)]
    public long? StepSizeDown { get; init; }

    [Description("triangular: all alike; triangular2: each half as high as the last; exp_range: lower by gamma at every step.")]
    public CyclicMode Mode { get; init; } = CyclicMode.Triangular;

    [Description("With exp_range: multiplies the height at every step.")]
    [Range(1e-6, 1)]
    public double Gamma { get; init; } = 1;

    public override string Type => "cyclic";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this);

    private sealed record Schedule(double LearningRate, CyclicOptions Options) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step)
        {
            var (up, down) = (Options.StepSizeUp, Options.StepSizeDown ?? Options.StepSizeUp);
            var (cycle, into) = Math.DivRem(step, up + down);
            var height = into <= up ? (double)into / up : (up + down - into) / (double)down;
            height *= Options.Mode switch { CyclicMode.Triangular => 1, CyclicMode.Triangular2 => Math.Pow(0.5, cycle), _ => Math.Pow(Options.Gamma, step) };
            var floor = Options.BaseLr / LearningRate;
            return floor + (1 - floor) * height;
        }
    }
}

/// <summary>A short rise and a long fall, in straight lines (Howard and Ruder 2018, ULMFiT, equation 3).</summary>
public sealed record SlantedTriangularOptions : ScheduleOptions
{
    [Description("Share of the steps that rise.")]
    [Range(1e-6, 1)]
    public double CutFrac { get; init; } = 0.1;

    [Description("The lowest rate is the highest divided by this.")]
    [Range(1.0, 1e9)]
    public double Ratio { get; init; } = 32;

    public override string Type => "slanted_triangular";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this, Math.Max(1, (long)Math.Floor(totalSteps * CutFrac)));

    private sealed record Schedule(double LearningRate, SlantedTriangularOptions Options, long Cut) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step)
        {
            var height = step < Cut ? (double)step / Cut : Math.Max(0, 1 - (step - Cut) / (Cut * (1 / Options.CutFrac - 1)));
            return (1 + height * (Options.Ratio - 1)) / Options.Ratio;
        }
    }
}
