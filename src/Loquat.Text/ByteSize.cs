using System.Globalization;

namespace Loquat;

/// <summary>Sizes as people write them: `500KB`, `10 MB`, `2GB` (powers of 1000), `KiB` and so on (powers of 1024), or a number.</summary>
public static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] _units = [("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("KB", 1000), ("MB", 1000_000), ("GB", 1000_000_000), ("B", 1), ("", 1)];

    /// <returns>Bytes, 0 or more; null: it is no size.</returns>
    /// <param name="needsUnit">Whether a number alone is none: where it would be taken for another unit.</param>
    public static long? Parse(string text, bool needsUnit = false)
    {
        text = text.Trim();
        var (suffix, unit) = _units.First(u => text.EndsWith(u.Suffix, StringComparison.OrdinalIgnoreCase));
        return (suffix.Length > 0 || !needsUnit)
            && double.TryParse(text[..^suffix.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * unit < 9e18
            ? (long)(number * unit)
            : null;
    }
}
