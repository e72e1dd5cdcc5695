using System.Globalization;
using Loquat.Models;

namespace Loquat.Distillation;

/// <summary>Which layer of a student is compared with which of its teacher; both are counted from 1.</summary>
internal static class LayerPairs
{
    /// <summary>The pairs that are named, or each layer of the student with one of the teacher: the last with the last, the others evenly (Jiao et al. 2020, section 3.1).</summary>
    /// <exception cref="OptionsException">As <see cref="Fault"/> tells.</exception>
    public static IReadOnlyList<(int Student, int Teacher)> Of(TextList named, int student, int teacher)
    {
        if (Fault(named, student, teacher) is { } fault) throw new OptionsException(fault);
        return named.Count > 0
            ? [.. named.Select(pair => Read(pair)!.Value)]
            : [.. Enumerable.Range(1, student).Select(layer => (layer, Math.Max(1, (int)Math.Round((double)layer * teacher / student, MidpointRounding.AwayFromZero))))];
    }

    /// <summary>What is wrong with named pairs; null: nothing.</summary>
    public static string? Fault(TextList named, int student, int teacher)
    {
        foreach (var pair in named)
        {
            if (Read(pair) is not var (own, other)) return $"distillation.hidden_layers has '{pair}'; write a layer of the student and one of the teacher, such as 2:4.";
            if (own < 1 || own > student || other < 1 || other > teacher) return string.Create(CultureInfo.InvariantCulture, $"distillation.hidden_layers has '{pair}'; the student has layers 1 to {student}, the teacher 1 to {teacher}.");
        }
        return named.Select(pair => Read(pair)!.Value.Student).GroupBy(layer => layer).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? string.Create(CultureInfo.InvariantCulture, $"distillation.hidden_layers pairs layer {twice.Key} of the student twice. Take one out.")
            : null;
    }

    private static (int Student, int Teacher)? Read(string pair) => pair.Split(':') is [var own, var other]
        && int.TryParse(own, NumberStyles.None, CultureInfo.InvariantCulture, out var student) && int.TryParse(other, NumberStyles.None, CultureInfo.InvariantCulture, out var teacher) ? (student, teacher) : null;
}
