using Loquat.Text.Datasets;

namespace Loquat.Reporting;

/// <summary>Where a run stands, from its step reports: what a display shows.</summary>
/// <param name="limitTokensPerSecond">The rate that the machine's matrix products and memory allow; null where not known.</param>
/// <param name="evalSteps">Steps between evaluations; null: there are none.</param>
/// <param name="finalRows">Rows of the evaluation after the last step; 0 where there is none.</param>
/// <param name="clock">Times what happens between steps. Default: the system's.</param>
public sealed class TrainingProgress(double? limitTokensPerSecond, long? evalSteps = null, long finalRows = 0, TimeProvider? clock = null)
{
    private const double Smoothing = 0.95;

    /// <summary>A few steps may be this much faster than figures that are rounded and smoothed.</summary>
    private const double Impossible = 1.05;
    private const int LongestHistory = 4096;

    private readonly List<double> _losses = [];
    private double _secondsPerStep;
    private long _tokensPerStep;
    private int _seen;
    private int _stride = 1;
    private long _betweenSteps;
    private double _secondsBetween;
    private int _evaluations;
    private int _evaluationsSinceStep;
    private long _stageStarted;
    private double _secondsPerRow;
    private long? _evalSteps = evalSteps;

    private TimeProvider Clock => clock ?? TimeProvider.System;

    /// <summary>The first step heard.</summary>
    public long FirstStep { get; private set; }

    public long Step { get; private set; }

    public long MaxSteps { get; private set; }

    /// <summary>Nats per token; NaN before the first step.</summary>
    public double SmoothedLoss { get; private set; } = double.NaN;

    public double LearningRate { get; private set; }

    /// <summary>Moving average over about 20 steps, bias corrected; 0 before the first step.</summary>
    public double TokensPerSecond => _seen == 0 ? 0 : _tokensPerStep / SecondsPerStep;

    /// <summary>Speed as a fraction of the machine's limit; null where that is not known, or this run shows it to be wrong.</summary>
    public double? FractionOfLimit => Contradicts ? null : Fraction;

    /// <summary>Whether the run is faster than the machine's figures allow: they were taken beside other work and must be measured again.</summary>
    public bool Contradicts => Fraction > Impossible;

    private double? Fraction => limitTokensPerSecond is { } limit and > 0 && _seen > 0 ? TokensPerSecond / limit : null;

    /// <summary>Time that the remaining steps take at the present speed, with the evaluations among them and after them; null before the first step.</summary>
    public TimeSpan? Remaining => _seen == 0 ? null : TimeSpan.FromSeconds(Math.Min((MaxSteps - Step) * SecondsPerStep + SecondsOfEvaluations, TimeSpan.MaxValue.TotalSeconds / 2));

    /// <summary>What an evaluation took so far, with the checkpoint and the text that go with it, for each that is still to come.</summary>
    private double SecondsOfEvaluations => (_evaluations == 0 ? 0 : EvaluationsLeft * _secondsBetween / _evaluations) + finalRows * _secondsPerRow;

    // There is one at each multiple and one after the last step.
    private long EvaluationsLeft => _evalSteps is not { } every || Step >= MaxSteps ? 0 : (MaxSteps - 1) / every - Step / every + 1;

    /// <summary>Smoothed losses, evenly spaced over the steps heard.</summary>
    public IReadOnlyList<double> Losses => _losses;

    private double SecondsPerStep => Math.Max(1e-9, _secondsPerStep / (1 - Math.Pow(Smoothing, _seen)));

    public void Started(long step, long maxSteps) => (Step, MaxSteps, FirstStep, _betweenSteps) = (step, maxSteps, step + 1, Clock.GetTimestamp());

    /// <summary>The run has another length from here on.</summary>
    public void Planned(long maxSteps, long evalSteps)
    {
        MaxSteps = maxSteps;
        if (_evalSteps is not null) _evalSteps = evalSteps;
    }

    /// <summary>Rows of an evaluation are done.</summary>
    public void Working(StageProgress stage)
    {
        if (stage.Done == 0) _stageStarted = Clock.GetTimestamp();
        else _secondsPerRow = Clock.GetElapsedTime(_stageStarted).TotalSeconds / stage.Done;
    }

    /// <summary>An evaluation was made.</summary>
    public void Evaluated() => _evaluationsSinceStep++;

    public void Add(StepReport report)
    {
        // What an evaluation costs is seen when the step after it ends: a checkpoint and a text go with it.
        if (_evaluationsSinceStep > 0)
        {
            _secondsBetween += Math.Max(0, Clock.GetElapsedTime(_betweenSteps).TotalSeconds - report.Seconds);
            _evaluations += _evaluationsSinceStep;
            _evaluationsSinceStep = 0;
        }
        _betweenSteps = Clock.GetTimestamp();
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
