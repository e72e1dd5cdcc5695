using System.Diagnostics;
using Loquat.Native;

namespace Loquat.Tests.Native;

/// <summary>It measures the machine: no other test may run beside it.</summary>
[Collection(nameof(ProductsTests))]
public sealed class MachineProbeTests
{
    private static readonly MachineReport Known = MachineProbe.Describe() with { SgemmGflops = 100, Bf16Gflops = 40, ReadGBps = 20, CopyGBps = 15, MemoryGBps = 18, Products = [.. ProductKind.All.Select((kind, i) => new ProductRate(kind, 100 + i, 90, 0.9))] };

    [Fact]
    public void Figures_are_measured_quickly_and_are_possible()
    {
        var watch = Stopwatch.StartNew();
        var report = MachineProbe.Measure();
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20), "it takes about two seconds on an idle machine");
        report.SgemmGflops.Should().BeInRange(0.5, 1e6);
        report.Bf16Gflops.Should().BeInRange(0.05, 1e7);
        report.ReadGBps.Should().BeInRange(0.1, 2e4);
        report.MemoryGBps.Should().BeInRange(0.1, 2e4);
        report.Threads.Should().Be(Libtorch.Threads);
        report.MemoryBytes.Should().BePositive();
    }

    [Theory]
    [InlineData(100, 40, Precision.Float32)]
    [InlineData(100, 140, Precision.Float32)]
    [InlineData(100, 600, Precision.BFloat16)]
    public void Precision_follows_the_measured_products(double fp32, double bf16, Precision expected) =>
        (Known with { SgemmGflops = fp32, Bf16Gflops = bf16 }).Recommended.Should().Be(expected);

    [Fact]
    public void A_report_survives_its_file_and_a_damaged_file_counts_as_none()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("machine.json");
        MachineProbe.Read(file).Should().BeNull();
        var json = MachineProbe.ToJson(Known);
        File.WriteAllText(file, json);
        MachineProbe.Read(file).Should().BeEquivalentTo(Known);
        foreach (var damaged in (string[])["", "{}", "null", json[..(json.Length / 2)], json.Replace("100", "0", StringComparison.Ordinal)])
        {
            File.WriteAllText(file, damaged);
            MachineProbe.Read(file).Should().BeNull();
        }
    }

    [Theory]
    [InlineData(null, 1000, 0, true)]
    [InlineData("other processes", 1, 0, false)]
    [InlineData("other processes", 9, 10, true)]
    [InlineData("other processes", 11, 10, false)]
    [InlineData("other processes", -1, 10, false)] // of a clock that was set back
    public void Doubtful_figures_serve_for_minutes_where_that_is_asked_for(string? doubt, int age, int minutes, bool serves)
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        MachineProbe.Serves(Known with { Doubt = doubt, MeasuredAt = now.AddMinutes(-age) }, now, TimeSpan.FromMinutes(minutes)).Should().Be(serves);
    }

    [Fact]
    public void Another_processor_libtorch_or_number_of_threads_makes_the_figures_stale()
    {
        (Known with { Threads = 99 }).Key.Should().NotBe(Known.Key);
        (Known with { Cpu = "another" }).Key.Should().NotBe(Known.Key);
        (Known with { Libtorch = "2.11.0" }).Key.Should().NotBe(Known.Key);
        (Known with { SgemmGflops = 1 }).Key.Should().Be(Known.Key);
    }
}
