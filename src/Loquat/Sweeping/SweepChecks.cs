using Loquat.Recipes;
using Loquat.Runs;
using Loquat.Sweeps;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;

namespace Loquat.Sweeping;

/// <summary>What can be told of a sweep before anything runs.</summary>
internal static class SweepChecks
{
    /// <summary>Combinations in which a value that the recipe refuses beside its own values is tried.</summary>
    private const int Combinations = 24;

    /// <exception cref="OptionsException">The sweep cannot be carried out; the message names all faults.</exception>
    public static void Check(Sweep sweep)
    {
        var (recipe, faults) = (sweep.Base, new List<string>());
        // A fault of the space makes others of no interest.
        faults.AddRange(Values(sweep));
        if (faults.Count == 0) faults.AddRange(Others(sweep, recipe));
        if (faults.Count > 0) throw new OptionsException(faults.Count == 1 ? faults[0] : $"{faults.Count} faults in the sweep {sweep.Name}:\n  " + string.Join("\n  ", faults));
    }

    private static IEnumerable<string> Others(Sweep sweep, Recipe recipe)
    {
        if (RecipeChecks.NameFault(sweep.Name) is { } name) yield return name;
        foreach (var (section, value) in new (string, object)[] { ("objective", sweep.Objective), ("budget", sweep.Budget), ("sampler", sweep.Sampler), ("pruner", sweep.Pruner) })
            foreach (var fault in RecipeRanges.Faults(value, section)) yield return fault;
        var keys = sweep.Space!.Parameters.Select(p => p.Name).ToList();
        foreach (var own in keys.Where(key => key is "name"))
            yield return $"space: {own} names folders and changes nothing that is trained. Take it out.";
        foreach (var key in keys.Where(key => sweep.Set.Any(s => s.StartsWith(key + "=", StringComparison.Ordinal))))
            yield return $"{key} is in the space and in set. Take it out of one of them.";
        if (sweep.Objective.Metric == SweepMetric.Loss && keys.FirstOrDefault(key => key.Split('.')[0] is "tokenizer") is { } tokenizer)
            yield return $"objective.metric is loss, but trials differ in {tokenizer}: losses for each token compare only where the tokens are the same. Set objective.metric to bits_per_byte.";
        if (keys.Contains("objective.type")) yield return "space: objective.type: losses of two objectives do not compare. Make a sweep for each.";
        if (sweep.Objective.Metric == SweepMetric.Score && !recipe.Objective.IsTask)
            yield return $"objective.metric is score, but the recipe's objective, {recipe.Objective.Type}, is measured by its loss alone; tasks have a score. Set it to loss or bits_per_byte.";
        if (sweep.Objective.Metric == SweepMetric.BitsPerByte && recipe.Objective.IsTask) yield return $"objective.metric is bits_per_byte, but a task predicts no text. Set it to score or loss.";
        if (sweep.TestPath is { } test && recipe.Objective.IsTask) yield return "test_path is a text; a task is tested on the examples of data.test_path in its recipe. Take it out.";
        else if (sweep.TestPath is { } text && recipe.Objective.ReadsPairs) yield return "test_path is a text, but the recipe learns from pairs of texts. Take it out, and score translations with: loquat score bleu.";
        else if (sweep.TestPath is { } path && !Path.Exists(path)) yield return $"test_path: {path}: there is no such file or folder.";
        if (sweep.Storage is { } storage && PostgresStore.Names(storage)) new PostgresStore(storage).Dispose();
        var limit = sweep.Sampler.Limit(sweep.Space);
        if (sweep.Sampler is PopulationSampler population)
        {
            if (sweep.Pruner is not NoPruner) yield return $"pruner is {sweep.Pruner.Type}; the sampler population decides by itself who goes on. Set pruner.type to none.";
            if (sweep.Budget.Trials < limit) yield return $"budget.trials is {sweep.Budget.Trials}, but {population.Size} members in {population.Generations} generations are {limit} trials. Raise it, or lower sampler.size or sampler.generations.";
            foreach (var key in keys.Where(key => key is "training.max_steps" or "training.num_train_epochs" || RecipeChange.WhyFixed(key) is not null))
                yield return $"space: {key}: the members of a population go on from each other's checkpoints, and a run cannot go on with another value: {RecipeChange.WhyFixed(key) ?? "all members are as long"}. Take it out, or take another sampler.";
        }
        if (!keys.Contains("training.eval_steps") && recipe.Training.NumTrainEpochs is null && RungFault(sweep, recipe) is { } rungs) yield return rungs;
    }

    private static string? RungFault(Sweep sweep, Recipe recipe)
    {
        var (steps, every) = (recipe.Training.MaxSteps, recipe.Training.EvalSteps);
        var rungs = (sweep.Sampler is PopulationSampler && sweep.Pruner is NoPruner ? Study.PrunerOf(sweep.Sampler, sweep.Pruner) : sweep.Pruner).RungsOf(steps);
        var stops = rungs.Select(rung => Math.Min(steps, (rung + every - 1) / every * every)).ToList();
        if (stops.Distinct().Count() == stops.Count) return null;
        return $"{(sweep.Sampler is PopulationSampler ? "sampler population" : $"pruner {sweep.Pruner.Type}")}: trials are judged at steps {string.Join(", ", rungs)}, but the recipe evaluates every {every} steps, so that some fall together. " +
            $"Set training.eval_steps to {Math.Max(1, rungs[0])} or less (set), or have fewer {(sweep.Sampler is PopulationSampler ? "generations" : "rungs")}.";
    }

    /// <summary>Keys that there are not, and values that the recipe refuses whatever the others are.</summary>
    private static IEnumerable<string> Values(Sweep sweep)
    {
        if (sweep.Space is not { } space)
        {
            yield return "there is no space to search: name keys of the recipe and what they may be.";
            yield break;
        }
        foreach (var parameter in space.Parameters)
        {
            var probes = (parameter is ChoiceParameter choice ? choice.Choices : [parameter.At(0), parameter.At(1)]).Distinct().ToList();
            var refused = probes.Select(value => (Value: value, Reason: Refusal(sweep, parameter, value))).Where(r => r.Reason is not null).ToList();
            // A key that there is not is said once.
            foreach (var (value, reason) in refused.Take(refused.Count == probes.Count ? 1 : refused.Count)) yield return $"space: {parameter.Name}: the recipe refuses {value}: {reason}";
        }
    }

    /// <summary>Why the recipe refuses a value beside its own values, and beside every combination of others tried; null where one is taken.</summary>
    private static string? Refusal(Sweep sweep, SpaceParameter parameter, string value)
    {
        var space = sweep.Space!;
        string? first = null;
        for (var i = -1; i < Combinations; i++)
        {
            var forced = Forced(space, parameter, value, Math.Max(0, i));
            var configuration = space.At(p => forced.TryGetValue(p.Name, out var given) ? p.PointOf(given) : Spread(i, space, p));
            if (i < 0) configuration = new([.. configuration.Values.Where(v => forced.ContainsKey(v.Key))]);
            try
            {
                sweep.RecipeOf(configuration);
                return null;
            }
            catch (LoquatException error)
            {
                first ??= error.Message.Split('\n')[0];
            }
        }
        return first;
    }

    /// <summary>The parameter at its value, and what must hold for it to be there.</summary>
    private static Dictionary<string, string> Forced(SearchSpace space, SpaceParameter parameter, string value, int at)
    {
        Dictionary<string, string> forced = new(StringComparer.Ordinal) { [parameter.Name] = value };
        for (var when = parameter.When; when is not null; when = space.Parameters.First(p => p.Name == when.Parameter).When) forced[when.Parameter] = when.Values[at % when.Values.Count];
        return forced;
    }

    // Points that fill the space: multiples of roots of two numbers that no fraction comes near.
    private static double Spread(int at, SearchSpace space, SpaceParameter parameter)
    {
        var place = space.Parameters.ToList().IndexOf(parameter);
        return Math.Abs(at + 1) * Math.Pow(0.7548776662466927, place + 1) % 1;
    }
}
