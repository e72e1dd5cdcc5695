using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>What a sampler knows of an earlier trial.</summary>
/// <param name="Number">The trial's number.</param>
/// <param name="Configuration">What was tried.</param>
/// <param name="Loss">The last loss that it reported, infinite where it failed; null: it runs and has reported none.</param>
/// <param name="Resource">How far it got, of 1: whoever was stopped early is known less well.</param>
public sealed record Observation(int Number, Configuration Configuration, double? Loss, double Resource);

/// <summary>Proposes what to try next. A proposal is a function of what is given alone: seed, number and history.</summary>
public abstract class Sampler
{
    /// <summary>Its name in a sweep: one of <see cref="Names"/>.</summary>
    public abstract string Type { get; }

    /// <summary>The configuration of trial <paramref name="number"/>.</summary>
    /// <param name="history">All trials before, in the order of their numbers.</param>
    /// <param name="number">From 0.</param>
    public abstract Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed);

    /// <summary>The earlier trial from whose checkpoint trial <paramref name="number"/> goes on; null: it begins anew. Default: null.</summary>
    /// <inheritdoc cref="Propose"/>
    public virtual int? ParentOf(IReadOnlyList<Observation> history, int number, ulong seed) => null;

    /// <summary>Trials after which there is nothing more to propose; null: there is no end.</summary>
    public virtual long? Limit(SearchSpace space) => null;

    /// <summary>A sampler by its name: grid, random, sobol, tpe, gp, cma_es, population.</summary>
    /// <exception cref="OptionsException">There is none of that name.</exception>
    public static Sampler Named(string name) => Find(name) ?? throw new OptionsException($"the method is '{name}'; allowed: {string.Join(", ", Names)}. {NearestName.Advice(name, Names)}");

    /// <summary>A sampler by its name; null where there is none.</summary>
    public static Sampler? Find(string name) => name switch
    {
        "grid" => new GridSampler(),
        "random" => new RandomSampler(),
        "sobol" => new SobolSampler(),
        "tpe" => new TpeSampler(),
        "gp" => new GaussianProcessSampler(),
        "cma_es" => new CmaEsSampler(),
        "population" => new PopulationSampler(),
        _ => null,
    };

    public static IReadOnlyList<string> Names { get; } = ["grid", "random", "sobol", "tpe", "gp", "cma_es", "population"];
}

/// <summary>Each by chance, evenly over its scale (Bergstra and Bengio 2012).</summary>
public sealed class RandomSampler : Sampler
{
    public override string Type => "random";

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed)
    {
        var random = new UnitRandom(seed, number);
        return space.At(_ => random.Next());
    }
}

/// <summary>Every combination, the last key changing fastest.</summary>
public sealed class GridSampler : Sampler
{
    private const int MostPoints = 100_000;

    public override string Type => "grid";

    [Description("Evenly spaced values of a real parameter, or of whole numbers where there are more.")]
    [Range(2, 10_000)]
    public int Values { get; init; } = 5;

    // One reference, so that workers of one process may share the sampler.
    private Tuple<SearchSpace, IReadOnlyList<Configuration>>? _grid;

    public override long? Limit(SearchSpace space) => Points(space).Count;

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed) => Points(space)[number];

    private IReadOnlyList<Configuration> Points(SearchSpace space)
    {
        var grid = _grid;
        if (!ReferenceEquals(grid?.Item1, space)) _grid = grid = new(space, Made(space));
        return grid!.Item2;
    }

    private IReadOnlyList<Configuration> Made(SearchSpace space) =>
        space.Grid(p => p is ChoiceParameter ? p.Count!.Value : Math.Min(p.Count ?? Values, Values), MostPoints)
        ?? throw new OptionsException($"the grid has more than {MostPoints} points; name fewer values, or take another method: random, tpe.");
}
