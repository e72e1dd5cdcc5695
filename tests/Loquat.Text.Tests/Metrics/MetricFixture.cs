using System.Globalization;
using System.Text.Json;
using Loquat.Tests;

namespace Loquat.Text.Tests.Metrics;

/// <summary>Reference numbers of metrics: `shared/fixtures/metrics`.</summary>
internal static class MetricFixture
{
    public static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "metrics", file))).RootElement;

    public static List<string> Strings(this JsonElement list) => [.. list.EnumerateArray().Select(s => s.GetString()!)];

    public static List<double> Numbers(this JsonElement list) => [.. list.EnumerateArray().Select(Number)];

    /// <summary>A number; NaN and infinities stand as text.</summary>
    public static double Number(this JsonElement value) => value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();

    public static JsonElement? Find(this JsonElement value, string name) => value.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    public static bool Flag(this JsonElement options, string name, bool other = false) => options.Find(name)?.GetBoolean() ?? other;

    public static int Int(this JsonElement options, string name, int other) => options.Find(name)?.GetInt32() ?? other;

    /// <summary>Equal within 1e-9, relative above 1.</summary>
    public static void ShouldBeNear(this double value, double expected, string what, double tolerance = 1e-9)
    {
        if (double.IsNaN(expected)) double.IsNaN(value).Should().BeTrue($"of {what}, which is {value}");
        else if (double.IsInfinity(expected)) value.Should().Be(expected, what);
        else value.Should().BeApproximately(expected, tolerance * Math.Max(1, Math.Abs(expected)), what);
    }

    /// <summary>Runs every case and tells how many of them hold; all of N must, and there must be some.</summary>
    public static void All<T>(IEnumerable<T> cases, Func<T, string> name, Action<T> check)
    {
        var faults = new List<string>();
        var count = 0;
        foreach (var one in cases)
        {
            count++;
            try
            {
                check(one);
            }
            catch (Exception error)
            {
                faults.Add($"{name(one)}: {error.Message}");
            }
        }
        count.Should().BePositive("there must be cases");
        faults.Should().BeEmpty($"{count - faults.Count} of {count} cases hold");
    }
}
