using System.Globalization;
using System.Text.RegularExpressions;

namespace Loquat.Recipes;

/// <summary>Bytes as a person writes them: 800MB, 8GB, 7.5 GiB.</summary>
public static partial class MemorySize
{
    /// <summary>Bytes; null: not written so.</summary>
    public static double? Parse(string text)
    {
        if (Pattern().Match(text) is not { Success: true } match || !double.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number <= 0) return null;
        var thousand = match.Groups[3].Success ? 1024.0 : 1000.0;
        return number * Math.Pow(thousand, 1 + "KMGT".IndexOf(char.ToUpperInvariant(match.Groups[2].Value[0]), StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt])(i)?b\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
