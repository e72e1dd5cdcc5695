using Loquat.FineTuning.Examples;

namespace Loquat.FineTuning;

/// <summary>What may be wrong with texts and their labels, whatever is told of them.</summary>
internal static class TextWarnings
{
    public static IEnumerable<string> Of(ExampleSets sets)
    {
        var all = sets.Train.Concat(sets.Validation).Concat(ReferenceEquals(sets.Test, sets.Validation) ? [] : sets.Test).ToList();
        if (all.Where(example => string.IsNullOrWhiteSpace(example.Text)).ToList() is { Count: > 0 } empty)
            yield return $"{Count(empty.Count, "example has", "examples have")} no text, first {empty[0].Place}; the label is then learned from nothing.";
        var texts = sets.Train.GroupBy(ExampleSplit.Key).ToList();
        if (all.GroupBy(ExampleSplit.Key).Where(group => group.Select(example => example.Label).Distinct().Count() > 1).ToList() is { Count: > 0 } torn)
            yield return $"{Count(torn.Count, "text stands", "texts stand")} there with different labels, such as {torn[0].First().Place} ('{torn[0].First().Label}') and {torn[0].First(e => e.Label != torn[0].First().Label).Place}: one of them is wrong.";
        if (sets.Train.Count - texts.Count is > 0 and var again) yield return $"{Count(again, "training example repeats", "training examples repeat")} another word for word.";
        var known = texts.Select(group => group.Key).ToHashSet();
        foreach (var (part, name) in ((IReadOnlyList<Example>, string)[])[(sets.Validation, "validation"), (sets.Test, "test")])
            if (part.Count(example => known.Contains(ExampleSplit.Key(example))) is > 0 and var seen)
                yield return $"{Count(seen, $"{name} example is", $"{name} examples are")} among the training examples too: the figures flatter the model.";
    }

    /// <summary>Both texts of an example as one.</summary>
    public static string Joined(Example example) => example.Pair is null ? example.Text : $"{example.Text} | {example.Pair}";

    private static string Count(int count, string one, string several) => count == 1 ? $"1 {one}" : $"{count:N0} {several}";
}
