namespace Loquat.Sweeps.Spaces;

/// <summary>All that is to be chosen, in an order in which conditions look back only.</summary>
public sealed class SearchSpace
{
    private readonly Dictionary<string, SpaceParameter> _byName;

    /// <exception cref="OptionsException">Nothing to choose, a parameter that is impossible or named twice, a condition that nothing can meet; the message names all faults.</exception>
    public SearchSpace(IReadOnlyList<SpaceParameter> parameters)
    {
        Parameters = parameters;
        var faults = new List<string>();
        _byName = new(StringComparer.Ordinal);
        if (parameters.Count == 0) faults.Add("the space is empty: name a key and what it may be.");
        foreach (var parameter in parameters)
        {
            if (parameter.Fault is { } fault) faults.Add($"{parameter.Name} {fault}.");
            if (parameter.When is { } when && ConditionFault(when) is { } wrong) faults.Add($"{parameter.Name}: when {when.Parameter} is {string.Join(" or ", when.Values)}: {wrong}");
            if (!_byName.TryAdd(parameter.Name, parameter)) faults.Add($"{parameter.Name} is there twice.");
        }
        if (faults.Count > 0) throw new OptionsException(faults.Count == 1 ? faults[0] : string.Join("\n  ", faults.Prepend($"{faults.Count} faults in the search space:")));
    }

    public IReadOnlyList<SpaceParameter> Parameters { get; }

    /// <summary>Whether every parameter is always there.</summary>
    public bool IsFlat => Parameters.All(p => p.When is null);

    /// <summary>The configuration that a point of the unit cube stands for.</summary>
    /// <param name="unit">The coordinate of each parameter, asked for only where the parameter is there.</param>
    public Configuration At(Func<SpaceParameter, double> unit)
    {
        var values = new List<KeyValuePair<string, string>>();
        foreach (var parameter in Parameters)
            if (IsThere(parameter, values)) values.Add(new(parameter.Name, parameter.At(unit(parameter))));
        return new(values);
    }

    /// <summary>The coordinates of a configuration; NaN where a parameter is not there.</summary>
    public double[] PointOf(Configuration configuration) =>
        [.. Parameters.Select(p => configuration.TryGetValue(p.Name, out var value) ? p.PointOf(value) : double.NaN)];

    /// <summary>Every combination of so many evenly spaced values of each parameter, without those that conditions leave out.</summary>
    /// <param name="countOf">Values of a parameter, 1 or more.</param>
    /// <param name="most">Null is returned above it.</param>
    internal IReadOnlyList<Configuration>? Grid(Func<SpaceParameter, long> countOf, long most)
    {
        List<List<KeyValuePair<string, string>>> all = [[]];
        foreach (var parameter in Parameters)
        {
            var count = Math.Min(countOf(parameter), parameter.Count ?? long.MaxValue);
            var values = Enumerable.Range(0, (int)Math.Min(count, most + 1)).Select(i => parameter.At(Place(parameter, i, count))).Distinct(StringComparer.Ordinal).ToList();
            var next = new List<List<KeyValuePair<string, string>>>();
            foreach (var before in all)
            {
                if (!IsThere(parameter, before)) next.Add(before);
                else foreach (var value in values) next.Add([.. before, new(parameter.Name, value)]);
                if (next.Count > most) return null;
            }
            all = next;
        }
        return [.. all.Select(values => new Configuration(values))];
    }

    // Of a continuum both ends are taken; of things that can be counted, the middle of each share.
    private static double Place(SpaceParameter parameter, long index, long count) =>
        parameter.Count is null ? (count == 1 ? 0.5 : (double)index / (count - 1)) : (index + 0.5) / count;

    private static bool IsThere(SpaceParameter parameter, List<KeyValuePair<string, string>> values) =>
        parameter.When is not { } when || values.Any(v => v.Key == when.Parameter && when.Values.Contains(v.Value, StringComparer.Ordinal));

    private string? ConditionFault(SpaceCondition when)
    {
        if (!_byName.TryGetValue(when.Parameter, out var other)) return $"{when.Parameter} is no key of the space that stands before it.";
        if (other is ChoiceParameter choice && when.Values.Except(choice.Choices).ToList() is { Count: > 0 } never) return $"{when.Parameter} is never {string.Join(" or ", never)}; allowed: {string.Join(", ", choice.Choices)}.";
        return when.Values.Count == 0 ? "no value is named." : null;
    }
}
