using Loquat.FineTuning.Examples;

namespace Loquat.FineTuning;

/// <summary>The classes of examples: whole numbers by their size, names by their characters.</summary>
internal static class ClassNames
{
    private const int Most = 10_000;

    /// <exception cref="DataException">There is but one, or more than can be meant.</exception>
    public static IReadOnlyList<string> Of(IReadOnlyList<Example> examples)
    {
        var names = examples.Select(example => example.Label!).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count < 2)
            throw new DataException($"all {examples.Count} examples have the label '{names.FirstOrDefault()}': there is nothing to tell apart. Give examples of two classes or more, or name another column: --label COLUMN.");
        if (names.Count > Most || names.Count > examples.Count / 2 && examples.Count > 20)
        {
            throw new DataException($"{examples.Count} examples have {names.Count} different labels, such as '{names[0]}' and '{names[1]}': the column looks like a number or a text, not like classes. " +
                "Name another column: --label COLUMN; for numbers use the task regression.");
        }
        return names.TrueForAll(name => long.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out _))
            ? [.. names.OrderBy(name => long.Parse(name, System.Globalization.CultureInfo.InvariantCulture)).ThenBy(name => name, StringComparer.Ordinal)]
            : [.. names.Order(StringComparer.Ordinal)];
    }
}
