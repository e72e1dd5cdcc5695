using System.Runtime.InteropServices;
using Loquat.Evaluation;
using Loquat.FineTuning;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Sweeps;
using Loquat.Sweeps.Trials;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.Sweeping;

/// <summary>One trial carried out in its folder: the recipe's own run, whose evaluations go to the study, stopped where the study says so.</summary>
internal sealed class TrialRun : ITrainingReporter
{
    private readonly Sweep _sweep;
    private readonly Study _study;
    private readonly Trial _trial;
    private readonly long _maxResource;
    private readonly RunFolder? _parent;
    private readonly ISweepReporter? _reporter;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _gate = new();

    private Verdict _verdict = Verdict.GoOn;
    private bool _reached;
    private LoquatException? _fault;
    private long _toldAt;
    private long _tokens;
    private long _maxSteps;

    /// <param name="parent">The folder of the trial from whose checkpoint this one goes on; null: it begins anew.</param>
    public TrialRun(Sweep sweep, Study study, Trial trial, RunFolder? parent, long maxResource, ISweepReporter? reporter, TimeProvider clock, CancellationToken cancellation)
    {
        _parent = parent;
        (_sweep, _study, _trial, _maxResource, _reporter, _clock) = (sweep, study, trial, maxResource, reporter, clock);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _toldAt = clock.GetTimestamp();
    }

    /// <summary>Trains the trial to where it is to get, and tells the study how it ended.</summary>
    /// <param name="beat">Time between two signs of life.</param>
    /// <exception cref="OperationCanceledException">Cancelled from outside; a checkpoint was written, and the trial goes to the next who asks.</exception>
    /// <exception cref="LoquatException">What no trial can be carried out with: the store, the machine, the text.</exception>
    public void Run(RunFolder folder, SweepData data, TimeSpan beat, CancellationToken cancellation)
    {
        using var stop = _stop;
        try
        {
            using (new Timer(_ => Beat(), null, beat, beat)) Train(folder, data);
        }
        catch (OperationCanceledException) when (_fault is not null)
        {
            throw _fault;
        }
        catch (OperationCanceledException) when (_verdict != Verdict.GoOn)
        {
            // The study knows already.
        }
        catch (OperationCanceledException) when (_reached)
        {
            _study.Reached(_trial, Spent());
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _study.Release(_trial, Spent());
            throw;
        }
        catch (Exception error) when (IsOfTrial(error))
        {
            _study.Fail(_trial, error is LoquatException ? error.Message : "there is not enough memory for it.", Spent());
        }
    }

    private void Train(RunFolder folder, SweepData data)
    {
        var recipe = _sweep.RecipeOf(_trial.Configuration);
        using var writer = SweepData.Wait(folder, _clock, _stop.Token);
        if (_parent is { } parent) Inheritance.Take(parent, folder);
        double? value;
        // Of the best checkpoint on all of the held-out text, as `train` prints it.
        if (recipe.Objective.IsTask)
        {
            var run = new FineTuningRun(recipe, writer, _clock);
            var examples = run.Prepare(null, _stop.Token);
            _maxSteps = examples.Recipe.Training.MaxSteps;
            var state = run.Train(examples, [this], _stop.Token).State;
            value = _sweep.Objective.Metric == SweepMetric.Score ? state.BestScore : FinalEvaluation.Read(folder.Evaluation)?.Loss ?? state.BestLoss;
        }
        else
        {
            _maxSteps = recipe.Training.MaxSteps;
            var dataset = data.Of(recipe, _reporter is null ? null : _reporter.Noted, _reporter is null ? null : _reporter.Working, _stop.Token);
            Link(folder, dataset);
            value = _sweep.Objective.Of(new TrainingRun(recipe, writer, _clock).Train(dataset, [this], _stop.Token).Evaluation);
        }
        if (value is null) throw NoFigure();
        if (_study.Report(_trial, _maxResource, _sweep.Objective.Signed(value.Value), Spent()) == Verdict.GoOn) _study.Reached(_trial, Spent());
    }

    /// <summary>The run's text is where every run has it, for whoever evaluates the trial or goes on with it by hand. Where links are not allowed, they name the text themselves.</summary>
    private static void Link(RunFolder folder, TokenDataset dataset)
    {
        try
        {
            if (!Path.Exists(folder.Data)) Directory.CreateSymbolicLink(folder.Data, Path.GetRelativePath(folder.Root, Path.GetDirectoryName(dataset.TokenizerPath)!));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    public void Started(long step, long maxSteps, bool evaluated)
    {
        // A worker was lost between its checkpoint and its word.
        if (evaluated && step < maxSteps && ResourceOf(step) >= _trial.Until) Reach();
    }

    public void Step(StepReport report)
    {
        lock (_gate) _tokens += report.Tokens;
        _reporter?.Stepped(_trial, report, _maxSteps);
    }

    public void Evaluated(long step, EvaluationResult result, bool better)
    {
        // After the last step the best checkpoint is measured on all of the text, and that is told.
        if (step == 0 || step >= _maxSteps || _stop.IsCancellationRequested) return;
        if (_sweep.Objective.Of(result) is not { } value) throw NoFigure();
        var resource = ResourceOf(step);
        if (resource == 0) return;
        if (Heard(_study.Report(_trial, resource, _sweep.Objective.Signed(value), Spent())) && resource >= _trial.Until) Reach();
        _reporter?.Evaluated(_trial, step, value);
    }

    private static OptionsException NoFigure() => new("the evaluation has no such figure as objective.metric asks for. Set it to loss.");

    /// <summary>Steps in the study's measure, in which every trial is as long.</summary>
    private long ResourceOf(long step) => (long)((Int128)step * _maxResource / _maxSteps);

    private void Reach()
    {
        _reached = true;
        _stop.Cancel();
    }

    private bool Heard(Verdict verdict)
    {
        if (verdict == Verdict.GoOn) return true;
        _verdict = verdict;
        _stop.Cancel();
        return false;
    }

    // On another thread than training.
    private void Beat()
    {
        try
        {
            if (!_stop.IsCancellationRequested && _verdict == Verdict.GoOn && !_reached && _study.Beat(_trial) == Verdict.Lost) Heard(Verdict.Lost);
        }
        catch (LoquatException error)
        {
            _fault = error;
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The trial is over.
        }
    }

    private Spent Spent()
    {
        lock (_gate)
        {
            var (now, tokens) = (_clock.GetTimestamp(), _tokens);
            var seconds = _clock.GetElapsedTime(_toldAt, now).TotalSeconds;
            (_toldAt, _tokens) = (now, 0);
            return new(seconds, tokens);
        }
    }

    /// <summary>Whether others may do where this trial failed.</summary>
    private bool IsOfTrial(Exception error) => error switch
    {
        OptionsException or CheckpointException or TrainingDivergedException => true,
        DataException => _sweep.Space!.Parameters.Any(p => p.Name.Split('.')[0] is "data" or "tokenizer" or "objective"),
        OutOfMemoryException => true,
        ExternalException => error.Message.Contains("memory", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
