using System.Diagnostics;
using Loquat.Native;
using TorchSharp;

namespace Loquat.Tests.Native;

public sealed class LibtorchTests
{
    [Fact]
    public void Tensors_work()
    {
        using var scope = torch.NewDisposeScope();
        torch.ones(2, 2).sum().item<float>().Should().Be(4);
        Libtorch.Version.Should().Be(LibtorchFolder.Required);
        torch.get_num_threads().Should().Be(Libtorch.Threads);
    }

    [Fact]
    public void Later_calls_cost_nothing()
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 10_000; i++) Libtorch.Initialize();
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Processes_that_start_together_share_one_empty_cache()
    {
        using var folder = new TemporaryFolder();
        var starts = Enumerable.Range(0, 3).Select(async _ =>
        {
            // One test that makes a tensor: that loads libtorch.
            var start = new ProcessStartInfo("dotnet", [typeof(LibtorchTests).Assembly.Location, "--no-progress", "--no-ansi", "--filter-method", "*LibtorchTests.Tensors_work"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["LOQUAT_CACHE"] = folder.Path },
            };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            process.ExitCode.Should().Be(0, output);
        });
        await Task.WhenAll(starts);
        if (BridgeCopy.Usable(LibtorchFolder.Bridge()) != LibtorchFolder.Bridge())
            Directory.GetFiles(folder.File("native")).Should().ContainSingle();
    }

    [Theory]
    [InlineData("2.9.1")]
    [InlineData("3.10.0")]
    [InlineData(null)]
    public void Another_version_is_refused_by_name(string? version)
    {
        var check = () => Libtorch.Checked(version is null ? null : new Version(version), "/opt/torch/lib");
        check.Should().Throw<MachineException>().WithMessage($"*/opt/torch/lib*{version ?? "2.8 or earlier"}*2.10*LOQUAT_LIBTORCH*");
    }

    [Fact]
    public void A_patch_of_the_same_version_is_taken() => Libtorch.Checked(new Version(2, 10, 3), "/opt").Should().Be(new Version(2, 10, 3));

    [Fact]
    public void An_installed_PyTorch_is_found_below_its_environment()
    {
        using var folder = new TemporaryFolder();
        var libraries = Path.Combine(folder.Path, "lib", "python3.13", "site-packages", "torch", "lib");
        Directory.CreateDirectory(libraries);
        LibtorchFolder.Below(folder.Path).Should().Contain(libraries).And.Contain(Path.Combine(folder.Path, "lib"));
    }
}
