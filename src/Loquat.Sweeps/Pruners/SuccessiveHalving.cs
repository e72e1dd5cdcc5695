using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps.Pruners;

/// <summary>Some trials that start together, of whom ever fewer go on ever farther.</summary>
/// <param name="Number">s of the paper: how often it is cut.</param>
/// <param name="Trials">That begin.</param>
/// <param name="Rungs">Trials on each rung, and its resource, of <see cref="Hyperband.Brackets"/>' R.</param>
public sealed record Bracket(int Number, int Trials, IReadOnlyList<(int Trials, double Resource)> Rungs);

/// <summary>
/// All trials run a little, the best 1 in eta go on eta times as far, and so on (Jamieson and Talwalkar 2016). A rung is decided when all on it are done.
/// </summary>
public sealed class SuccessiveHalving : RungPruner
{
    public override string Type => "successive_halving";

    public override Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource) =>
        NextOf(trials, 0, mostTrials, Eta, RungsOf(maxResource));

    /// <summary>Which of the trials on a rung go on: the best floor(n / eta), by their places, in their order.</summary>
    public static IReadOnlyList<int> Promoted(IReadOnlyList<double> losses, int eta) =>
        [.. Enumerable.Range(0, losses.Count).OrderBy(i => double.IsNaN(losses[i]) ? double.PositiveInfinity : losses[i]).ThenBy(i => i).Take(losses.Count / eta).Order()];

    /// <param name="trials">Those of the bracket.</param>
    /// <param name="resources">Of each rung.</param>
    internal static Decision NextOf(IReadOnlyList<Trial> trials, int bracket, long size, int eta, IReadOnlyList<long> resources)
    {
        if (trials.Count < size) return Decision.Do(new(null, bracket, 0, resources[0]));
        IReadOnlyList<Trial> on = trials;
        for (var rung = 0; rung + 1 < resources.Count; rung++)
        {
            // Who has gone on is done with this rung.
            if (on.Any(t => t.State == TrialState.Running && t.Rung <= rung)) return Decision.Wait;
            var promoted = Promoted([.. on.Select(t => t.LossAt(resources[rung]) ?? double.PositiveInfinity)], eta).Select(i => on[i]).ToList();
            if (promoted.FirstOrDefault(t => t.State == TrialState.Paused && t.Rung == rung) is { } next) return Decision.Do(new(next.Number, bracket, rung + 1, resources[rung + 1]));
            on = promoted;
        }
        return on.Any(t => t.State == TrialState.Running) ? Decision.Wait : Decision.End;
    }
}

/// <summary>
/// Brackets of <see cref="SuccessiveHalving"/> one after another, from many trials that are cut often to few that are not (Li et al. 2018, algorithm 1).
/// </summary>
public sealed class Hyperband : Pruner
{
    public override string Type => "hyperband";

    [Description("One of so many goes on, so many times as far.")]
    [Range(2, 1000)]
    public int Eta { get; init; } = 3;

    [Description("R: the whole way against the shortest.")]
    [Range(1, 1_000_000_000)]
    public long Ratio { get; init; } = 27;

    public override IReadOnlyList<long> RungsOf(long maxResource) => ResourcesOf(Brackets(Ratio, Eta)[0], maxResource);

    public override Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource)
    {
        var decision = Decision.End;
        var left = mostTrials;
        foreach (var bracket in Brackets(Ratio, Eta))
        {
            var size = Math.Min(left, bracket.Trials);
            if (size == 0) break;
            left -= size;
            var next = SuccessiveHalving.NextOf([.. trials.Where(t => t.Bracket == bracket.Number)], bracket.Number, size, Eta, ResourcesOf(bracket, maxResource));
            if (next.Job is not null) return next;
            // A worker that would wait for this bracket begins the next.
            if (!next.Done) decision = Decision.Wait;
        }
        return decision;
    }

    private IReadOnlyList<long> ResourcesOf(Bracket bracket, long maxResource) => [.. bracket.Rungs.Select(rung => Math.Max(1, (long)Math.Round(maxResource * rung.Resource / Ratio)))];

    /// <summary>The brackets for a resource of <paramref name="resource"/> at most.</summary>
    public static IReadOnlyList<Bracket> Brackets(long resource, int eta)
    {
        var most = 0;
        for (var power = (long)eta; power <= resource; power *= eta) most++;
        return [.. Enumerable.Range(0, most + 1).Select(i => most - i).Select(s =>
        {
            var power = (long)Math.Pow(eta, s);
            var trials = (int)(((most + 1) * power + s) / (s + 1));
            return new Bracket(s, trials, [.. Enumerable.Range(0, s + 1).Select(i => ((int)(trials / (long)Math.Pow(eta, i)), resource * Math.Pow(eta, i - s)))]);
        })];
    }
}

/// <summary>
/// Successive halving without waiting: whoever is among the best floor(finished / eta) of its rung goes up as soon as a worker is free (Li et al. 2020, algorithm 2).
/// </summary>
public sealed class Asha : RungPruner
{
    public override string Type => "asha";

    public override Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource)
    {
        var resources = RungsOf(maxResource);
        for (var rung = Rungs - 2; rung >= 0; rung--)
        {
            var done = trials.Where(t => t.Rung > rung || (t.Rung == rung && t.State != TrialState.Running)).ToList();
            var best = done.OrderBy(t => t.LossAt(resources[rung]) is { } loss && !double.IsNaN(loss) ? loss : double.PositiveInfinity).ThenBy(t => t.Number).Take(done.Count / Eta);
            if (best.FirstOrDefault(t => t.Rung == rung && t.State == TrialState.Paused) is { } next)
                return Decision.Do(new(next.Number, 0, rung + 1, resources[rung + 1]));
        }
        if (trials.Count < mostTrials) return Decision.Do(new(null, 0, 0, resources[0]));
        return trials.Any(t => t.State == TrialState.Running) ? Decision.Wait : Decision.End;
    }
}
