namespace Loquat.Reporting;

/// <summary>The typeface of pictures.</summary>
internal static class PlotFonts
{
    // By preference; each is the plain sans of a system, with wide coverage.
    private static readonly string[] _fonts = ["DejaVu Sans", "Noto Sans", "Liberation Sans", "Open Sans", "Segoe UI", "Helvetica Neue", "Arial", "Roboto", "Ubuntu", "Cantarell", "FreeSans"];

    /// <returns>Null where the system has no sans: the drawing library then takes its own.</returns>
    public static string? Sans()
    {
        var installed = SkiaSharp.SKFontManager.Default.FontFamilies.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return _fonts.FirstOrDefault(installed.Contains) ?? installed.FirstOrDefault(name => name.Contains("Sans", StringComparison.OrdinalIgnoreCase));
    }
}
