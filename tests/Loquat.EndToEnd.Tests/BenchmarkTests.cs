using System.Diagnostics;

namespace Loquat.EndToEnd.Tests;

/// <summary>The benchmark's contenders start, each in a process of its own as the table starts them, and take a step.</summary>
public sealed class BenchmarkTests
{
    [Theory]
    [InlineData("limit")]
    [InlineData("loquat")]
    [InlineData("plain")]
    [InlineData("plain+fused+tuned")]
    public void A_contender_takes_a_step(string name)
    {
        var program = Path.Combine(SharedFolder.RepositoryRoot, "benchmarks", "Loquat.Benchmarks", "bin", "Release", "net10.0", "Loquat.Benchmarks.dll");
        Assert.SkipUnless(File.Exists(program), "the benchmarks are not built in Release");
        var start = new ProcessStartInfo("dotnet", [program, "worker", name, "small", "2", "16", "fp32"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardInput.WriteLine("step");
        process.StandardInput.Close();
        var outcome = CommandLine.Finish(process);
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Output.Should().MatchRegex(@"^ready\r?\n\d+\.\d+\t");
    }
}
