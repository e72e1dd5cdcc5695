using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Reporting;
using Loquat.Text.Datasets;

namespace Loquat.Training;

/// <summary>
/// The training loop: parameters, optimizer, schedule, checkpoints, reports. It knows no family of models and no objective. A step depends on the recipe and its own number
/// alone, so a run that was killed and resumed gives the losses of one that never stopped, bit for bit.
/// </summary>
public sealed class TrainingLoop(
    Model model,
    Objective objective,
    Optimizer optimizer,
    LearningRateSchedule schedule,
    ITrainingBatches batches,
    IEvaluator? evaluator,
    CheckpointStore checkpoints,
    IReadOnlyList<ITrainingReporter> reporters,
    TrainingOptions options,
    TimeProvider clock,
    Func<string>? sample = null,
    Func<long, TrainingPlan?>? plan = null,
    IEvaluator? watched = null,
    Mixout? mixout = null)
{
    private const double LongestWindow = 50;
    private const double WindowShare = 10;
    private const double NoiseDecay = 0.55;

    private TrainingOptions _options = options.Validated();
    private readonly OverfittingWatch? _watch = watched is null ? null : new(watched, options.PerDeviceTrainBatchSize);
    private TrainingState _state = new() { Cursor = batches.Cursor };
    private double _secondsBefore;
    private long _started;
    private long? _saved;

    /// <summary>Trains from the last checkpoint, or from the start, to the last step.</summary>
    /// <returns>Where the run stands at its end.</returns>
    /// <exception cref="TrainingDivergedException">A gradient is not finite; the last checkpoint is whole.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two steps; a checkpoint of that step was written.</exception>
    public TrainingState Run(CancellationToken cancellation)
    {
        if (checkpoints.LoadLast(model, optimizer) is { } resumed)
        {
            _state = resumed;
            _saved = resumed.Step;
            batches.Cursor = resumed.Cursor;
            if (schedule is ILossSchedule told && resumed.ScheduleMemory is { } memory) told.Memory = memory;
            _secondsBefore = resumed.Seconds;
            ScoreBestAnew(cancellation);
        }
        _started = clock.GetTimestamp();
        foreach (var reporter in reporters) reporter.Started(_state.Step, _options.MaxSteps, EvaluationMade);
        while (true)
        {
            var done = _state.Step >= _options.MaxSteps;
            if (!EvaluationMade && (done || _state.Step % _options.EvalSteps == 0)) Evaluate(cancellation);
            done |= Exhausted;
            if (done || cancellation.IsCancellationRequested || (_state.Step > 0 && _state.Step % _options.SaveSteps == 0)) Save();
            if (done) break;
            cancellation.ThrowIfCancellationRequested();
            if (_saved == _state.Step) GoOn(plan?.Invoke(_state.Step));
            Step();
        }
        foreach (var reporter in reporters) reporter.Finished();
        return _state;
    }

    private bool EvaluationMade => evaluator is null || _state.EvaluatedStep == _state.Step;

    private bool Exhausted => _options.EarlyStoppingPatience is { } patience && _state.EvaluationsWithoutImprovement >= patience;

    // Only from a checkpoint: a run that is killed later resumes with the plan that its next step had.
    private void GoOn(TrainingPlan? changed)
    {
        if (changed is null) return;
        (_options, schedule) = (changed.Options.Validated(), changed.Schedule);
        foreach (var reporter in reporters) reporter.Planned(_state.Step, _options.MaxSteps, _options.EvalSteps);
    }

    /// <summary>Forward, backward, clip, update.</summary>
    private void Step()
    {
        var start = clock.GetTimestamp();
        var step = _state.Step;
        var rows = _options.RowsOf(step);
        var micros = new TokenBatch[rows.Length];
        var seen = batches.TokensSeen;
        for (var micro = 0; micro < micros.Length; micro++) micros[micro] = batches.Next(rows[micro]);
        // A label counts the same in whichever micro-batch it is.
        var weight = micros.Sum(objective.Weight) is > 0 and var labels ? labels : 1;
        var (loss, small) = (0.0, 0.0);
        for (var micro = 0; micro < micros.Length; micro++)
        {
            loss += Backward(micros[micro], 1.0 / weight, step, micro);
            if (micros.Length == 1) continue;
            if (_options.GradientNoiseScale) small += optimizer.LastSquaredNorm() * (objective.Weight(micros[micro]) is > 0 and var own ? Square(weight / own) : 0) / micros.Length;
            optimizer.Accumulate();
        }
        loss /= weight;
        var rate = schedule.At(step);
        var norm = optimizer.GradientNorm(_options.GradNormType);
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(step, loss, rate, _saved);
        if (small > 0) MeasureNoise(small, weight, micros.Length);
        optimizer.Step(rate, GradientClipping.Factor(ChangeGradients(step) ? optimizer.GradientNorm(_options.GradNormType) : norm, _options.MaxGradNorm));
        optimizer.ZeroGrad();
        if (optimizer.Curvature == CurvatureEstimate.SampledLabels && (step + 1) % optimizer.CurvatureSteps == 0) EstimateCurvature(micros, weight, step);

        _state = _state with
        {
            Step = step + 1,
            Cursor = batches.Cursor,
            SmoothedLoss = Smoothed(_state.SmoothedLoss ?? loss, loss, step + 1),
        };
        var report = new StepReport(_state.Step, loss, _state.SmoothedLoss!.Value, rate, norm, batches.TokensSeen - seen, clock.GetElapsedTime(start).TotalSeconds)
        {
            TokensSeen = batches.TokensSeen,
            GradientNoiseScale = _state is { GradientSignal: > 0 and var signal, GradientNoise: > 0 and var noise } ? noise / signal : null,
        };
        foreach (var reporter in reporters) reporter.Step(report);
    }

    /// <summary>Noise, then clipping of numbers and rows; the norm is clipped in the update itself.</summary>
    /// <returns>Whether anything was changed.</returns>
    private bool ChangeGradients(long step)
    {
        if (_options.GradientNoise is { } variance) optimizer.AddGradientNoise(Math.Sqrt(variance / Math.Pow(1 + step, NoiseDecay)), (ulong)RandomSeed(step, _options.GradientAccumulationSteps));
        if (_options.MaxGradValue is { } most) optimizer.ClipGradientValues(most);
        if (_options.AdaptiveGradClip is { } share) optimizer.ClipGradientsAdaptively(share);
        return _options.GradientNoise is not null || _options.MaxGradValue is not null || _options.AdaptiveGradClip is not null;
    }

    private void MeasureNoise(double small, double weight, int micros)
    {
        var measured = GradientNoiseScale.Estimate(small, Square(optimizer.GradientNorm()), weight / micros, weight);
        _state = _state with
        {
            GradientSignal = Smoothed(_state.GradientSignal ?? measured.Signal, measured.Signal, _state.Step + 1),
            GradientNoise = Smoothed(_state.GradientNoise ?? measured.Noise, measured.Noise, _state.Step + 1),
        };
    }

    private void EstimateCurvature(TokenBatch[] micros, double weight, long step)
    {
        for (var micro = 0; micro < micros.Length; micro++)
        {
            var sampled = SampledLabels.Of((CausalModel)model, micros[micro], RandomSeed(step, micro));
            Backward(sampled, 1.0 / weight, step, micro);
            if (micros.Length > 1) optimizer.Accumulate();
        }
        optimizer.UpdateCurvature(weight);
    }

    private static double Square(double x) => x * x;

    /// <summary>
    /// A moving average whose weights always add up to one, over about a tenth of the steps made and at most <see cref="LongestWindow"/>: an exponential average of fixed
    /// length keeps the high first losses for long, and lies above the validation loss for as long as the loss falls fast.
    /// </summary>
    private static double Smoothed(double before, double loss, long steps) => before + (loss - before) * Math.Max(1.0 / LongestWindow, WindowShare / (steps + WindowShare - 1));

    private double Backward(TokenBatch batch, double scale, long step, int micro)
    {
        // Seeded by the step, what is drawn is part of no state.
        using var draws = Randomness.From(RandomSeed(step, micro));
        using var mixed = mixout?.Mix();
        return objective.LossAndGradients(model, batch, scale);
    }

    private long RandomSeed(long step, int micro) => (long)(_options.Seed * 0x9E3779B97F4A7C15UL >> 1) ^ (step * _options.GradientAccumulationSteps + micro);

    private void Evaluate(CancellationToken cancellation)
    {
        try
        {
            EvaluateAverages(cancellation);
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
    }

    /// <summary>What is evaluated, kept as the best and writes is the average of the weights, where there is one.</summary>
    private void EvaluateAverages(CancellationToken cancellation)
    {
        using var averages = optimizer.UseAverages();
        var result = evaluator!.Evaluate(model, _options.PerDeviceTrainBatchSize, progress: Evaluating, maxRows: _options.EvalRows, cancellation: cancellation);
        var better = Better(result);
        var waited = (result.Score is null ? result.Loss < _state.BestLoss - _options.EarlyStoppingThreshold : better) ? 0 : _state.EvaluationsWithoutImprovement + 1;
        _state = _state with { EvaluatedStep = _state.Step, EvalRows = _options.EvalRows, EvaluationsWithoutImprovement = waited };
        if (better) _state = _state with { BestLoss = result.Loss, BestScore = result.Score?.Value, BestStep = _state.Step };
        if (_watch is not null) (result, _state) = _watch.Look(model, result, better, _state, cancellation);
        if (schedule is ILossSchedule told)
        {
            told.Observe(result.Loss);
            _state = _state with { ScheduleMemory = told.Memory };
        }
        foreach (var reporter in reporters) reporter.Evaluated(_state.Step, result, better);
        if (better) checkpoints.SaveBest(model, optimizer);
        if (sample?.Invoke() is not { } text) return;
        foreach (var reporter in reporters) reporter.Sampled(_state.Step, text);
    }

    /// <summary>By the score where there is one, and by the loss among equals.</summary>
    private bool Better(EvaluationResult result) => result.Score is { } score && _state.BestScore is { } best && score.Value != best ? score.Value > best : result.Loss < _state.BestLoss;

    /// <summary>Losses on other rows cannot be compared: where the rows were changed, the best checkpoint is scored on the new ones.</summary>
    private void ScoreBestAnew(CancellationToken cancellation)
    {
        if (evaluator is null || _state.EvalRows == _options.EvalRows || _state.EvaluatedStep < 0 || !Directory.Exists(checkpoints.Best)) return;
        using var best = ModelFolder.Load(checkpoints.Best, model.Placement, cancellation);
        var result = evaluator.Evaluate(best, _options.PerDeviceTrainBatchSize, Evaluating, maxRows: _options.EvalRows, cancellation: cancellation);
        _state = _state with { BestLoss = result.Loss, BestScore = result.Score?.Value, EvalRows = _options.EvalRows };
    }

    private void Evaluating(int done, int rows)
    {
        foreach (var reporter in reporters) reporter.Working(new("evaluating", done, rows, "rows"));
    }

    private void Save()
    {
        _state = _state with { Seconds = _secondsBefore + clock.GetElapsedTime(_started).TotalSeconds };
        checkpoints.SaveLast(model, optimizer, _state);
        _saved = _state.Step;
        foreach (var reporter in reporters) reporter.Saved(_state.Step);
    }
}
