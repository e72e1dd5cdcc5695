using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// Population-based training (Jaderberg et al. 2017): members train side by side in generations. After each, the worst go on from the checkpoints of the best (truncation, section 4.1.1), with values that are drawn anew or
/// changed a little (section 4.1.2). A member of a generation is a trial of its own: number = generation · size + member. A generation begins when the one before is over, so that what comes of it does not depend on how many
/// work at it.
/// </summary>
public sealed class PopulationSampler : Sampler
{
    public override string Type => "population";

    [Description("Members that train side by side.")]
    [Range(2, 10_000)]
    public int Size { get; init; } = 8;

    [Description("Stretches of training, after each of which the worst take over from the best; the steps of the recipe are divided evenly.")]
    [Range(2, 10_000)]
    public int Generations { get; init; } = 5;

    [Description("Share of the members that take over from as many best ones.")]
    [Range(0, 0.5)]
    public double Truncation { get; init; } = 0.2;

    [Description("Probability of each value that was taken over to be drawn anew; the others are changed by perturb_factor, choices stay.")]
    [Range(0, 1)]
    public double ResampleProbability { get; init; } = 0.25;

    [Description("By this numbers that were taken over are multiplied or divided.")]
    [Range(1, 1000)]
    public double PerturbFactor { get; init; } = 1.2;

    public override long? Limit(SearchSpace space) => (long)Size * Generations;

    public override int? ParentOf(IReadOnlyList<Observation> history, int number, ulong seed) => number < Size ? null : Origin(history, number, seed).Parent;

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed)
    {
        var random = new UnitRandom(seed, number);
        if (number < Size) return space.At(_ => random.Next());
        var (parent, exploits) = Origin(history, number, seed);
        var given = history[parent].Configuration;
        if (!exploits) return given;
        return space.At(parameter => given.TryGetValue(parameter.Name, out var value) && random.Next() >= ResampleProbability ? Perturbed(parameter, value, up: random.Next() < 0.5) : random.Next());
    }

    /// <summary>The trial of the generation before that a trial goes on from, and whether it is another member's.</summary>
    private (int Parent, bool Exploits) Origin(IReadOnlyList<Observation> history, int number, ulong seed)
    {
        var first = (number / Size - 1) * Size;
        var ranked = Enumerable.Range(first, Size).OrderBy(at => Loss(history[at])).ThenBy(at => at).ToList();
        var moved = Truncation == 0 ? 0 : (int)Math.Ceiling(Truncation * Size);
        // A member that failed has no checkpoint: it goes on from another, however many there are.
        var alive = ranked.Count(at => double.IsFinite(Loss(history[at])));
        var own = number - Size;
        if (alive == 0 || (ranked.IndexOf(own) < Size - moved && double.IsFinite(Loss(history[own])))) return (own, false);
        var best = Math.Clamp(moved, 1, alive);
        return (ranked[new UnitRandom(seed ^ 0x5EED_0F_BE57UL, number).Next(best)], true);
    }

    private static double Loss(Observation trial) => trial.Loss is { } loss && double.IsFinite(loss) ? loss : double.PositiveInfinity;

    /// <summary>The point of a number that is larger or smaller, by a step at least; a choice stays.</summary>
    private double Perturbed(SpaceParameter parameter, string value, bool up)
    {
        var point = parameter.PointOf(value);
        if (!parameter.IsOrdered) return point;
        var number = double.Parse(value, CultureInfo.InvariantCulture);
        var changed = up ? number * PerturbFactor : number / PerturbFactor;
        if (parameter is IntegerParameter whole)
        {
            var step = up ? whole.Step : -whole.Step;
            var steps = Math.Round((changed - number) / whole.Step) * whole.Step;
            changed = Math.Clamp(number + (steps == 0 ? step : steps), whole.Low, whole.Low + (whole.Count!.Value - 1) * (double)whole.Step);
        }
        return parameter.PointOf(changed.ToString("R", CultureInfo.InvariantCulture));
    }
}
