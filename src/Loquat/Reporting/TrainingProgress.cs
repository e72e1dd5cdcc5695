namespace Loquat.Reporting;

/// <summary>Where a run stands, from its step reports: what a display shows.</summary>
/// <param name="limitTokensPerSecond">The rate that the machine's matrix products and memory allow; null where not known.</param>
public sealed class TrainingProgress(double? limitTokensPerSecond)
{
    private const double Smoothing = 0.95;
    private const int LongestHistory = 4096;

    private readonly List<double> _losses = [];
    private double _secondsPerStep;
    private long _tokensPerStep;
    private int _seen;
    private int _stride = 1;

    public long Step { get; private set; }

    public long MaxSteps { get; private set; }

    /// <summary>Nats per token; NaN before the first step.</summary>
    public double SmoothedLoss { get; private set; } = double.NaN;

    public double LearningRate { get; private set; }

    /// <summary>Moving average over about 20 steps, bias corrected; 0 before the first step.</summary>
    public double TokensPerSecond => _seen == 0 ? 0 : _tokensPerStep / SecondsPerStep;

    /// <summary>Speed as a fraction of the machine's limit.</summary>
    public double? FractionOfLimit => limitTokensPerSecond is { } limit and > 0 && _seen > 0 ? TokensPerSecond / limit : null;

    /// <summary>Time that the remaining steps take at the present speed; null before the first step.</summary>
    public TimeSpan? Remaining => _seen == 0 ? null : TimeSpan.FromSeconds(Math.Min((MaxSteps - Step) * SecondsPerStep, TimeSpan.MaxValue.TotalSeconds / 2));

    /// <summary>Smoothed losses, evenly spaced over the steps heard.</summary>
    public IReadOnlyList<double> Losses => _losses;

    private double SecondsPerStep => Math.Max(1e-9, _secondsPerStep / (1 - Math.Pow(Smoothing, _seen)));

    public void Started(long step, long maxSteps) => (Step, MaxSteps) = (step, maxSteps);

    public void Add(StepReport report)
    {
        (Step, SmoothedLoss, LearningRate, _tokensPerStep) = (report.Step, report.SmoothedLoss, report.LearningRate, report.Tokens);
        _secondsPerStep = Smoothing * _secondsPerStep + (1 - Smoothing) * report.Seconds;
        if (_seen++ % _stride != 0) return;
        _losses.Add(report.SmoothedLoss);
        if (_losses.Count < LongestHistory) return;
        // Keep every second one, and hear every second one from here on.
        for (var i = 0; i < LongestHistory / 2; i++) _losses[i] = _losses[2 * i];
        _losses.RemoveRange(LongestHistory / 2, LongestHistory / 2);
        _stride *= 2;
    }
}
