using System.Globalization;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>`class_weights` of an objective: `TOKEN=WEIGHT`, one after the other.</summary>
internal static class ClassWeightText
{
    private const string Form = "It must be TOKEN=WEIGHT, separated by spaces, such as \"</s>=0.5 the=2\": tokens as the vocabulary has them, weights from 0 to 1000.";
    private const float Largest = 1000;

    /// <param name="classes">Tokens that the model knows.</param>
    /// <returns>(classes): what each weighs; null where the text is.</returns>
    /// <exception cref="OptionsException">A part has another form, or names no token.</exception>
    public static float[]? Read(string? text, Tokenizer tokenizer, int classes)
    {
        if (text is null) return null;
        var weights = new float[classes];
        Array.Fill(weights, 1);
        foreach (var part in text.Split([' ', ',', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.LastIndexOf('=');
            if (equals < 1 || !float.TryParse(part[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) || !(weight is >= 0 and <= Largest))
                throw new OptionsException($"objective.class_weights: '{part}' is no weight of a token. {Form}");
            var id = tokenizer.TokenToId(part[..equals]) ?? throw new OptionsException($"objective.class_weights: the vocabulary has no token '{part[..equals]}'. {Form}");
            if (id < classes) weights[id] = weight;
        }
        return weights;
    }
}
