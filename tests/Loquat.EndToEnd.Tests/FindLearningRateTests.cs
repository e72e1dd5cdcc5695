namespace Loquat.EndToEnd.Tests;

public sealed class FindLearningRateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void It_suggests_a_rate_draws_a_picture_and_leaves_the_run_to_be_made()
    {
        var found = CommandLine.Run(_folder.Path, "train", TinyRun.Write(_folder), "--find-lr", "--out", "run");
        found.ExitCode.Should().Be(0, found.All);
        found.Output.Should().StartWith("suggested learning rate: ");
        File.Exists(_folder.File("run/plots/learning_rates.png")).Should().BeTrue();
        Directory.Exists(_folder.File("run/checkpoints")).Should().BeFalse();
        var refused = CommandLine.Run(_folder.Path, "train", "run", "--resume", "--find-lr");
        refused.ExitCode.Should().NotBe(0);
        refused.Error.Should().Contain("--find-lr tests a recipe before it is trained");
    }

    public void Dispose() => _folder.Dispose();
}
