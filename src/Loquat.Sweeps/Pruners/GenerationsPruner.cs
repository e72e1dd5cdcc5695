using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps.Pruners;

/// <summary>The order of a population's trials: all of a generation, as far as it goes, and then those of the next.</summary>
internal sealed class GenerationsPruner(int size, int generations) : Pruner
{
    public override string Type => "none";

    public override Decision Next(IReadOnlyList<Trial> trials, long mostTrials, long maxResource)
    {
        var generation = trials.Count / size;
        var before = trials.Skip((generation - 1) * size).Take(generation == 0 ? 0 : size).ToList();
        if (trials.Count >= mostTrials) return trials.Any(t => t.State == TrialState.Running) ? Decision.Wait : Decision.End;
        if (before.Any(t => t.State == TrialState.Running)) return Decision.Wait;
        // Nobody is left to go on from.
        if (generation > 0 && before.All(t => t.State == TrialState.Failed)) return Decision.End;
        return Decision.Do(new(null, 0, generation, RungsOf(maxResource)[generation]));
    }

    public override IReadOnlyList<long> RungsOf(long maxResource) => [.. Enumerable.Range(1, generations).Select(generation => Math.Max(1, (long)((Int128)maxResource * generation / generations)))];
}
