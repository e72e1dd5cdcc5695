using System.Globalization;
using System.Numerics;

namespace Loquat;

/// <summary>Numbers as people write them on a command line and in a recipe: the decimal point is a point, whatever the machine's language, and `_` may group digits.</summary>
public static class NumberText
{
    /// <summary>Reads `0.7`, `1e-3`, `10_000`. A comma is refused: between digits it means a decimal point to some readers and nothing to others.</summary>
    /// <returns>False for anything else, for a number that <typeparamref name="T"/> does not hold, and for one that is not finite.</returns>
    public static bool TryParse<T>(string text, out T value) where T : struct, INumber<T>
    {
        var style = typeof(T) == typeof(double) || typeof(T) == typeof(float) ? NumberStyles.Float : NumberStyles.Integer;
        return T.TryParse(text.Replace("_", "", StringComparison.Ordinal), style, CultureInfo.InvariantCulture, out value) && T.IsFinite(value);
    }

    /// <summary>What to write instead of a text with a comma, with a space before it; else empty.</summary>
    /// <param name="whole">Whether a whole number is wanted.</param>
    public static string Advice(string text, bool whole)
    {
        if (!text.Contains(',', StringComparison.Ordinal)) return "";
        if (whole) return " A comma is not read: write the digits alone.";
        var point = text.Replace(',', '.');
        return $" A comma is not read: write a decimal point{(TryParse<double>(point, out _) ? $", {point}" : "")}.";
    }
}
