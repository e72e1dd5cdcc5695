using Loquat.Text.Files;

namespace Loquat.Reporting;

/// <summary>What pictures share: how they are written, and how charts of losses look.</summary>
internal static class PlotPicture
{
    private const int Width = 1120;
    private const int Height = 640;

    // By preference; each is the plain sans of a system, with wide coverage.
    private static readonly string[] _fonts = ["DejaVu Sans", "Noto Sans", "Liberation Sans", "Open Sans", "Segoe UI", "Helvetica Neue", "Arial", "Roboto", "Ubuntu", "Cantarell", "FreeSans"];

    /// <summary>Writes a picture; where drawing fails (a system without its graphics library, a full disk), there is none.</summary>
    /// <param name="draw">A method of its own, so that a missing graphics library fails here and not when its caller is compiled.</param>
    /// <returns>Whether it was written.</returns>
    public static bool Write(string path, Func<byte[]> draw)
    {
        try
        {
            var image = draw();
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFolder.WriteFile(path, file => file.Write(image));
            return true;
        }
        catch (Exception error) when (error is TypeInitializationException or DllNotFoundException or IOException or MachineException)
        {
            return false;
        }
    }

    /// <summary>Names, colors and legend of a chart of losses in nats per token, whose lines are drawn.</summary>
    /// <returns>The PNG.</returns>
    public static byte[] OfLosses(ScottPlot.Plot plot, string title, string below, ScottPlot.Alignment legend)
    {
        plot.Axes.Left.MinimumSize = 66;
        plot.Axes.Bottom.MinimumSize = 58;
        plot.Title(title, 20);
        plot.XLabel(below, 15);
        plot.YLabel("loss (nats per token)", 15);
        plot.Axes.Color(new ScottPlot.Color(45, 50, 60));
        plot.Grid.MajorLineColor = new ScottPlot.Color(225, 228, 233);
        plot.ShowLegend(legend);
        plot.Legend.FontSize = 13;
        plot.Legend.OutlineColor = new ScottPlot.Color(205, 210, 218);
        plot.Legend.ShadowColor = ScottPlot.Colors.Transparent;
        if (Sans() is { } font) plot.Font.Set(font);
        return plot.GetImageBytes(Width, Height, ScottPlot.ImageFormat.Png);
    }

    /// <returns>Null where the system has no sans: the drawing library then takes its own.</returns>
    public static string? Sans()
    {
        var installed = SkiaSharp.SKFontManager.Default.FontFamilies.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return _fonts.FirstOrDefault(installed.Contains) ?? installed.FirstOrDefault(name => name.Contains("Sans", StringComparison.OrdinalIgnoreCase));
    }
}
