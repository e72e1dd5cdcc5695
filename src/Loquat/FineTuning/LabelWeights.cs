using System.Globalization;
using Loquat.FineTuning.Examples;
using Loquat.Models;

namespace Loquat.FineTuning;

/// <summary>What an example of each class weighs.</summary>
internal static class LabelWeights
{
    private const string Balanced = "balanced";
    private const double Least = 1e-6, Most = 1e6;

    /// <param name="asked">`balanced`, or LABEL=WEIGHT each.</param>
    /// <param name="labels">In the model's order.</param>
    /// <returns>In that order: of balanced classes n / (k · n_c), k classes, n examples, n_c of them of the class (King and Zeng 2001). Null: nothing was asked for.</returns>
    /// <exception cref="OptionsException">A label is none of those, a weight is out of its range, or something is named twice.</exception>
    public static float[]? Of(TextList asked, IReadOnlyList<string> labels, IReadOnlyList<Example> train)
    {
        if (asked.Count == 0) return null;
        if (asked is [Balanced])
        {
            var counts = train.CountBy(example => example.Label!).ToDictionary(StringComparer.Ordinal);
            return [.. labels.Select(label => (float)((double)train.Count / labels.Count / counts[label]))];
        }
        var weights = new float[labels.Count];
        foreach (var text in asked)
        {
            // A label may have the sign, a weight has none.
            var sign = text.LastIndexOf('=');
            if (sign < 1 || !NumberText.TryParse<double>(text[(sign + 1)..], out var weight))
                throw new OptionsException($"objective.class_weight has '{text}'; write {Balanced}, or a label and its weight, such as '{labels[0]}=2'.");
            var label = text[..sign];
            if (weight is not (>= Least and <= Most)) throw new OptionsException(string.Create(CultureInfo.InvariantCulture, $"objective.class_weight gives '{label}' the weight {weight}; it must be from {Least} to {Most}."));
            var place = labels.Index().Where(entry => entry.Item == label).Select(entry => (int?)entry.Index).FirstOrDefault() ?? throw new OptionsException(
                $"objective.class_weight names '{label}', which is none of the {labels.Count} labels that are learned. {NearestName.Advice(label, labels)}");
            if (weights[place] != 0) throw new OptionsException($"objective.class_weight names '{label}' twice. Take one out.");
            weights[place] = (float)weight;
        }
        return [.. weights.Select(weight => weight == 0 ? 1 : weight)];
    }
}
