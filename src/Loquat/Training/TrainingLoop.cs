using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using TorchSharp;

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
    Func<long, TrainingPlan?>? plan = null)
{
    private const double LongestWindow = 50;
    private const double WindowShare = 10;

    private TrainingOptions _options = options.Validated();
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
        var micros = new TokenBatch[_options.GradientAccumulationSteps];
        var seen = batches.TokensSeen;
        for (var micro = 0; micro < micros.Length; micro++) micros[micro] = batches.Next(_options.PerDeviceTrainBatchSize);
        // A label counts the same in whichever micro-batch it is.
        var weight = micros.Sum(objective.Weight) is > 0 and var labels ? labels : 1;
        var loss = 0.0;
        for (var micro = 0; micro < micros.Length; micro++)
        {
            loss += Backward(micros[micro], 1.0 / weight, step, micro);
            if (micros.Length > 1) optimizer.Accumulate();
        }
        loss /= weight;
        var rate = schedule.At(step);
        var norm = optimizer.GradientNorm();
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(step, loss, rate, _saved);
        optimizer.Step(rate, GradientClipping.Factor(norm, _options.MaxGradNorm));
        optimizer.ZeroGrad();

        _state = _state with
        {
            Step = step + 1,
            Cursor = batches.Cursor,
            SmoothedLoss = Smoothed(_state.SmoothedLoss ?? loss, loss, step + 1),
        };
        var report = new StepReport(_state.Step, loss, _state.SmoothedLoss!.Value, rate, norm, batches.TokensSeen - seen, clock.GetElapsedTime(start).TotalSeconds)
        {
            TokensSeen = batches.TokensSeen,
        };
        foreach (var reporter in reporters) reporter.Step(report);
    }

    /// <summary>
    /// A moving average whose weights always add up to one, over about a tenth of the steps made and at most <see cref="LongestWindow"/>: an exponential average of fixed
    /// length keeps the high first losses for long, and lies above the validation loss for as long as the loss falls fast.
    /// </summary>
    private static double Smoothed(double before, double loss, long steps) => before + (loss - before) * Math.Max(1.0 / LongestWindow, WindowShare / (steps + WindowShare - 1));

    private double Backward(TokenBatch batch, double scale, long step, int micro)
    {
        // Dropout draws from torch's generator; seeding it by the step makes it part of no state.
        torch.random.manual_seed((long)(_options.Seed * 0x9E3779B97F4A7C15UL >> 1) ^ (step * _options.GradientAccumulationSteps + micro));
        return objective.LossAndGradients(model, batch, scale);
    }

    private void Evaluate(CancellationToken cancellation)
    {
        EvaluationResult result;
        try
        {
            result = evaluator!.Evaluate(model, _options.PerDeviceTrainBatchSize, progress: Evaluating, maxRows: _options.EvalRows, cancellation: cancellation);
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
        var better = Better(result);
        _state = _state with { EvaluatedStep = _state.Step, EvalRows = _options.EvalRows };
        _state = better
            ? _state with { BestLoss = result.Loss, BestScore = result.Score?.Value, BestStep = _state.Step, EvaluationsWithoutImprovement = 0 }
            : _state with { EvaluationsWithoutImprovement = _state.EvaluationsWithoutImprovement + 1 };
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
