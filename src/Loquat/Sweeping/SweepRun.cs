using System.Diagnostics;
using System.Globalization;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Sweeps;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Stores;
using Loquat.Sweeps.Trials;
using YamlDotNet.RepresentationModel;

namespace Loquat.Sweeping;

/// <summary>
/// A sweep carried out in its folder: each trial is a run of its own in `trials/N`. Any number of workers call <see cref="Run"/> on the same store, in as many processes; what was begun before is gone on with.
/// </summary>
public sealed class SweepRun
{
    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(500);
    private static int _workers;

    private readonly Sweep _sweep;
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly long _maxResource;
    private readonly string _worker = $"{Environment.MachineName}:{Environment.ProcessId}:{Interlocked.Increment(ref _workers)}";

    /// <param name="folder">Where trials, store and results go.</param>
    /// <param name="clock">Default: the system's.</param>
    /// <exception cref="OptionsException">The sweep cannot be carried out; the message names all faults.</exception>
    public SweepRun(Sweep sweep, string folder, TimeProvider? clock = null)
    {
        SweepChecks.Check(sweep);
        if (RunSummary.IsRun(folder)) throw new OptionsException($"{folder} holds a training run. Name another folder for the sweep with --out.");
        (_sweep, _folder, _clock) = (sweep, folder, clock ?? TimeProvider.System);
        _maxResource = sweep.Base.Training.MaxSteps;
    }

    /// <summary>The folder of a trial.</summary>
    public static RunFolder TrialFolder(string folder, int number) => new(Path.Combine(folder, "trials", number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Carries out trials until there is nothing more to do, other workers' included.</summary>
    /// <returns>All there is to know; not yet written: <see cref="SweepResult.Write"/>.</returns>
    /// <exception cref="OptionsException">The store holds another study.</exception>
    /// <exception cref="MachineException">The store cannot be reached; what was told before stands.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the trial has a checkpoint, and the same call goes on.</exception>
    public SweepResult Run(ISweepReporter? reporter = null, CancellationToken cancellation = default)
    {
        using var store = Open();
        var study = StudyOf(store);
        using var data = new SweepData(_folder, _clock);
        reporter?.Known(study.Trials);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (trial, done) = study.Ask(_worker);
            if (done) return Result(study.Trials);
            if (trial is null)
            {
                // Others decide what is to be done next.
                if (cancellation.WaitHandle.WaitOne(_pause)) continue;
                reporter?.Known(study.Trials);
                continue;
            }
            reporter?.Began(trial);
            new TrialRun(_sweep, study, trial, trial.Parent is { } parent ? TrialFolder(_folder, parent) : null, _maxResource, reporter, _clock, cancellation).Run(TrialFolder(_folder, trial.Number), data, _beat, cancellation);
            var trials = study.Trials;
            reporter?.Ended(trials[trial.Number]);
            reporter?.Known(trials);
            if (_sweep.Checkpoints == CheckpointsKept.Best) Forget(trials);
        }
    }

    /// <summary>What there is to know as the sweep stands; nothing is trained.</summary>
    /// <inheritdoc cref="Run"/>
    public SweepResult Result()
    {
        using var store = Open();
        return Result(store.Trials);
    }

    private SweepResult Result(IReadOnlyList<Trial> trials) => new(_sweep, _folder, _maxResource, trials);

    private Study StudyOf(StudyStore store) => new(store, _sweep.Space!, new()
    {
        MaxTrials = _sweep.Budget.Trials,
        MaxTokens = _sweep.Budget.Tokens,
        MaxTime = _sweep.Budget.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        MaxResource = _maxResource,
        Seed = _sweep.Seed,
    }, _sweep.Sampler, _sweep.Pruner, _clock)
    { IsGone = IsGone };

    private StudyStore Open()
    {
        StudyStore store = _sweep.Storage is not { } storage ? new SqliteStore(Path.Combine(_folder, "study.db")) : PostgresStore.Names(storage) ? new PostgresStore(storage) : new SqliteStore(storage);
        try
        {
            store.Begin(Definition());
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>What makes the sweep what it is. Its budget is not of it: more may be tried later.</summary>
    private string Definition()
    {
        var parts = new YamlMappingNode
        {
            { "recipe", RecipeBinder.ToNode(_sweep.Base) },
            { "space", new YamlMappingNode(_sweep.Space!.Parameters.Select(p => KeyValuePair.Create((YamlNode)p.Name, (YamlNode)SpaceYaml.Describe(p)))) },
            { "objective", RecipeBinder.ToNode(_sweep.Objective) },
            { "sampler", RecipeBinder.ToNode(_sweep.Sampler) },
            { "pruner", RecipeBinder.ToNode(_sweep.Pruner) },
            { "seed", $"{_sweep.Seed}" },
        };
        return string.Join('\n', RecipeFile.Lines(parts).Select(line => $"{line.Path}: {line.Value}"));
    }

    /// <summary>A worker of this machine whose process has ended, and that has let go of the trial's folder: nobody need wait for its signs of life.</summary>
    private bool IsGone(Trial trial)
    {
        if (trial.Worker?.Split(':') is not [var machine, var process, _] || machine != Environment.MachineName || !int.TryParse(process, CultureInfo.InvariantCulture, out var id)) return false;
        return !IsAlive(id) && RunWriter.OwnerOf(TrialFolder(_folder, trial.Number)) is null;
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // A trial that is over and not the best will not be asked for its weights.
    private void Forget(IReadOnlyList<Trial> trials)
    {
        var best = Study.BestOf(trials)?.Number;
        // Of a population: those of a generation that all of the next have gone on from.
        var newest = _sweep.Sampler is PopulationSampler && trials.Count > 0 ? trials.Max(t => t.Rung) : 0;
        foreach (var trial in trials.Where(t => (t.IsOver || t.Rung < newest - 1) && t.Number != best))
        {
            var folder = TrialFolder(_folder, trial.Number);
            try
            {
                if (Directory.Exists(folder.Checkpoints) && RunWriter.OwnerOf(folder) is null) Directory.Delete(folder.Checkpoints, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another worker tidies up too.
            }
        }
    }
}
