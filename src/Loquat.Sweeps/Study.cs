using System.Globalization;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps;

/// <summary>How much a study tries, and of what.</summary>
public sealed record StudyOptions
{
    /// <summary>Trials that begin at most. 1 or more. Default: 100.</summary>
    public long MaxTrials { get; init; } = 100;

    /// <summary>How far a trial goes that is not stopped: optimizer steps, or what else is reported. 1 or more. Default: 1.</summary>
    public long MaxResource { get; init; } = 1;

    /// <summary>Once the trials have trained on so many tokens together, none begins or goes further. 1 or more. Default: no limit.</summary>
    public long? MaxTokens { get; init; }

    /// <summary>Once workers have spent so much time on trials together, none begins or goes further. Above 0. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Of everything that is drawn.</summary>
    public ulong Seed { get; init; }

    /// <summary>A trial whose worker gave no sign of life for so long is given to another. Default: a minute.</summary>
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>What a worker was given.</summary>
/// <param name="Trial">Null: nothing now.</param>
/// <param name="Done">Whether there will be nothing more.</param>
public readonly record struct Assignment(Trial? Trial, bool Done);

/// <summary>What a worker hears of its trial.</summary>
public enum Verdict
{
    /// <summary>Go on.</summary>
    GoOn,

    /// <summary>Others do better: the trial is over.</summary>
    Pruned,

    /// <summary>The trial was given to another worker, because this one was thought dead: nothing that it says of it counts any more.</summary>
    Lost,
}

/// <summary>
/// A search: asks a sampler for what to try, a pruner for how far, and keeps all that is told. Any number of workers, in one process or many, ask and tell the same store;
/// no trial runs twice, and that of a lost worker goes to the next who asks. In Optuna's words: study, trial, sampler, pruner, `ask` and `tell`.
/// </summary>
/// <param name="store">Where the trials are.</param>
/// <param name="space">What is chosen.</param>
/// <param name="sampler">Default: <see cref="TpeSampler"/>.</param>
/// <param name="pruner">Default: <see cref="NoPruner"/>.</param>
/// <param name="clock">Of the heartbeats. Default: the system's.</param>
public sealed class Study(StudyStore store, SearchSpace space, StudyOptions options, Sampler? sampler = null, Pruner? pruner = null, TimeProvider? clock = null)
{
    private readonly Sampler _sampler = sampler ?? new TpeSampler();
    private readonly Pruner _pruner = PrunerOf(sampler, pruner);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly long _mostTrials = Math.Min(Valid(options).MaxTrials, (sampler ?? new TpeSampler()).Limit(space) ?? long.MaxValue);

    /// <summary>What decides how far trials get: the pruner, or a population's generations.</summary>
    /// <exception cref="OptionsException">A population has a pruner.</exception>
    public static Pruner PrunerOf(Sampler? sampler, Pruner? pruner) => (sampler, pruner) switch
    {
        (PopulationSampler population, null or NoPruner) => new GenerationsPruner(population.Size, population.Generations),
        (PopulationSampler, _) => throw new OptionsException($"the pruner is {pruner.Type}; the sampler population decides by itself who goes on. Set the pruner to none."),
        _ => pruner ?? new NoPruner(),
    };

    public SearchSpace Space => space;

    public IReadOnlyList<Trial> Trials => store.Trials;

    /// <summary>Tells of a running trial whether its worker is known to be gone, before its signs of life are missed. Default: nobody knows.</summary>
    public Func<Trial, bool>? IsGone { get; init; }

    /// <summary>Trials that begin at most: what the budget and the method allow.</summary>
    public long MostTrials => _mostTrials;

    /// <summary>Of the finished trials the one of the least loss; null where there is none.</summary>
    public Trial? Best => BestOf(Trials);

    /// <inheritdoc cref="Best"/>
    public static Trial? BestOf(IReadOnlyList<Trial> trials) => trials.Where(t => t.State == TrialState.Finished).MinBy(t => t.Loss);

    /// <summary>Something to do for a worker: a trial of its own until it tells or is lost.</summary>
    /// <param name="worker">A name that no other worker has.</param>
    public Assignment Ask(string worker) => store.Decide<Assignment>(trials =>
    {
        var now = _clock.GetUtcNow();
        if (trials.FirstOrDefault(t => t.State == TrialState.Running && (now - t.Heartbeat > options.LostAfter || IsGone?.Invoke(t) == true)) is { } lost)
            return Given(lost with { Worker = worker, Heartbeat = now });
        if (IsSpent(trials)) return (new(null, trials.All(t => t.State != TrialState.Running)), []);
        var decision = _pruner.Next(trials, _mostTrials, options.MaxResource);
        if (decision.Job is not { } job) return (new(null, decision.Done), []);
        if (job.Trial is { } number) return Given(trials[number] with { State = TrialState.Running, Worker = worker, Heartbeat = now, Bracket = job.Bracket, Rung = job.Rung, Until = job.Until });
        var history = trials.Select(t => new Observation(t.Number, t.Configuration, t.Loss, t.Reports.Count == 0 ? 0 : (double)t.Reports[^1].Resource / options.MaxResource)).ToList();
        var configuration = _sampler.Propose(space, history, trials.Count, options.Seed);
        return Given(new() { Number = trials.Count, Configuration = configuration, Parent = _sampler.ParentOf(history, trials.Count, options.Seed), Worker = worker, Heartbeat = now, Bracket = job.Bracket, Rung = job.Rung, Until = job.Until });
    });

    /// <summary>A loss on the way; replaces those from the same place on, for a trial that was taken up again from a checkpoint.</summary>
    /// <param name="loss">One that is no finite number ends the trial as failed.</param>
    /// <param name="spent">On the trial since this was last told.</param>
    public Verdict Report(Trial trial, long resource, double loss, Spent spent = default) => Change(trial, (mine, trials) =>
    {
        IReadOnlyList<TrialReport> reports = [.. mine.Reports.TakeWhile(r => r.Resource < resource), new(resource, loss)];
        var reported = With(mine, spent) with { Reports = reports };
        if (!double.IsFinite(loss)) return reported with { State = TrialState.Failed, Error = string.Create(CultureInfo.InvariantCulture, $"the loss at {resource} is {loss}") };
        return _pruner.Stops(reported, [.. trials.Select(t => t.Number == reported.Number ? reported : t)]) ? reported with { State = TrialState.Pruned } : reported;
    });

    /// <summary>A sign of life.</summary>
    public Verdict Beat(Trial trial, Spent spent = default) => Change(trial, (mine, _) => With(mine, spent));

    /// <summary>The trial got to where it was to get: it is finished, or pauses until others are as far.</summary>
    public Verdict Reached(Trial trial, Spent spent = default) => Change(trial, (mine, _) => With(mine, spent) with { State = mine.Until >= options.MaxResource ? TrialState.Finished : TrialState.Paused });

    /// <summary>The worker stops before the trial is where it was to get: the next who asks goes on with it.</summary>
    public Verdict Release(Trial trial, Spent spent = default) => Change(trial, (mine, _) => With(mine, spent) with { Heartbeat = DateTimeOffset.MinValue });

    /// <summary>The only loss of a trial, which is over.</summary>
    public Verdict Tell(Trial trial, double loss)
    {
        var verdict = Report(trial, options.MaxResource, loss);
        return verdict == Verdict.GoOn ? Reached(trial) : verdict;
    }

    /// <summary>The trial cannot be carried out.</summary>
    public Verdict Fail(Trial trial, string error, Spent spent = default) => Change(trial, (mine, _) => With(mine, spent) with { State = TrialState.Failed, Error = error });

    /// <summary>Whether tokens or time are spent: trials that run go on to where they were to get, and no more.</summary>
    public bool IsSpent(IReadOnlyList<Trial> trials) => trials.Sum(t => t.Tokens) >= options.MaxTokens || trials.Sum(t => t.Seconds) >= options.MaxTime?.TotalSeconds;

    private Trial With(Trial mine, Spent spent) => mine with { Heartbeat = _clock.GetUtcNow(), Seconds = mine.Seconds + spent.Seconds, Tokens = mine.Tokens + spent.Tokens };

    private Verdict Change(Trial trial, Func<Trial, IReadOnlyList<Trial>, Trial> change) => store.Decide<Verdict>(trials =>
    {
        var mine = trials[trial.Number];
        if (mine.Worker != trial.Worker) return (Verdict.Lost, []);
        if (mine.IsOver) return (Verdict.Pruned, []);
        var changed = change(mine, trials);
        return (changed.State is TrialState.Pruned or TrialState.Failed ? Verdict.Pruned : Verdict.GoOn, [changed]);
    });

    private static (Assignment, IReadOnlyList<Trial>) Given(Trial trial) => (new(trial, false), [trial]);

    private static StudyOptions Valid(StudyOptions options) => options switch
    {
        { MaxTrials: < 1 } => throw new OptionsException($"max_trials is {options.MaxTrials}; allowed: 1 or more."),
        { MaxTokens: < 1 } => throw new OptionsException($"max_tokens is {options.MaxTokens}; allowed: 1 or more."),
        { MaxTime: { } time } when time <= TimeSpan.Zero => throw new OptionsException($"the time of a study is {time}; allowed: above 0."),
        { MaxResource: < 1 } => throw new OptionsException($"the resource of a trial is {options.MaxResource}; allowed: 1 or more."),
        _ => options,
    };
}
