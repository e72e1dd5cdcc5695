using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps.Pruners;

/// <summary>Something for a worker to do.</summary>
/// <param name="Trial">The trial to go on with; null: a new one.</param>
/// <param name="Until">The resource to get to.</param>
public sealed record Job(int? Trial, int Bracket, int Rung, long Until);

/// <summary>What there is to do.</summary>
/// <param name="Job">Null: nothing now.</param>
/// <param name="Done">Whether there never will be.</param>
public readonly record struct Decision(Job? Job, bool Done)
{
    public static Decision Wait => new(null, false);

    public static Decision End => new(null, true);

    public static Decision Do(Job job) => new(job, false);
}

/// <summary>Decides which trials get how far. A decision is a function of the trials alone.</summary>
public abstract class Pruner
{
    /// <summary>Its name in a sweep: one of <see cref="Names"/>.</summary>
    public abstract string Type { get; }

    /// <summary>The next job.</summary>
    /// <param name="trials">All so far, by number.</param>
    /// <param name="mostTrials">So many begin at most.</param>
    /// <param name="maxResource">The end of a trial that is not stopped.</param>
    public abstract Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource);

    /// <summary>Whether a running trial is to be stopped after its last report.</summary>
    /// <param name="trials">All, itself included.</param>
    public virtual bool Stops(Trial trial, IReadOnlyList<Trial> trials) => false;

    /// <summary>Where trials wait for others, by growing resource; the last is the whole way.</summary>
    public virtual IReadOnlyList<long> RungsOf(long maxResource) => [maxResource];

    public static IReadOnlyList<string> Names { get; } = ["none", "median", "successive_halving", "hyperband", "asha"];

    /// <summary>A pruner by its name; null where there is none.</summary>
    public static Pruner? Find(string name) => name switch
    {
        "none" => new NoPruner(),
        "median" => new MedianPruner(),
        "successive_halving" => new SuccessiveHalving(),
        "hyperband" => new Hyperband(),
        "asha" => new Asha(),
        _ => null,
    };
}

/// <summary>Every trial runs to its end.</summary>
public sealed class NoPruner : Pruner
{
    public override string Type => "none";

    public override Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource) =>
        trials.Count < mostTrials ? Decision.Do(new(null, 0, 0, maxResource)) : trials.All(t => t.IsOver) ? Decision.End : Decision.Wait;
}

/// <summary>
/// Stops a trial whose best loss so far is above the median of what the earlier trials had on average up to the same resource (Golovin et al. 2017, section 3.2.1).
/// </summary>
public sealed class MedianPruner : Pruner
{
    public override string Type => "median";

    [Description("Evaluations of a trial that are never judged.")]
    [Range(0, 1_000_000)]
    public int FirstReport { get; init; } = 2;

    [Description("Trials that are never judged.")]
    [Range(0, 1_000_000)]
    public int FirstTrial { get; init; } = 5;

    public override Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource) => new NoPruner().Next(trials, mostTrials, maxResource);

    public override bool Stops(Trial trial, IReadOnlyList<Trial> trials)
    {
        if (trial.Number < FirstTrial || trial.Reports.Count <= FirstReport) return false;
        var resource = trial.Reports[^1].Resource;
        var means = trials.Where(t => t.Number < trial.Number && t.State != TrialState.Failed).Select(t => t.Reports.Where(r => r.Resource <= resource).Select(r => r.Loss).ToList())
            .Where(losses => losses.Count > 0).Select(losses => losses.Average()).Order().ToList();
        if (means.Count == 0) return false;
        var middle = means.Count / 2;
        return trial.Reports.Min(r => r.Loss) > (means.Count % 2 == 1 ? means[middle] : 0.5 * (means[middle - 1] + means[middle]));
    }
}
