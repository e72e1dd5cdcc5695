using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>Training curves: the recipes of tiny Shakespeare reach the losses that they are written for, on the whole of the last tenth. Minutes each, so behind the long switch.</summary>
public sealed class LearningTests
{
    [Theory]
    [InlineData("shakespeare-char.yaml", 1.90)]
    [InlineData("shakespeare-sprint.yaml", 1.88)]
    [InlineData("shakespeare-speedrun.yaml", 1.62)]
    [InlineData("shakespeare-record.yaml", 1.4697)]
    public void A_recipe_reaches_its_loss(string recipe, double loss)
    {
        LongTests.Require();
        var text = SharedFolder.Require("data", "tinyshakespeare", "input.txt");
        using var folder = new TemporaryFolder();
        var process = CommandLine.Start(folder.Path, "train", Path.Combine(SharedFolder.RepositoryRoot, "recipes", recipe), "--set", $"data.path={text}", "--out", "run");
        var trained = CommandLine.Finish(process, TimeSpan.FromMinutes(40));
        trained.ExitCode.Should().Be(0, trained.All);
        using var result = JsonDocument.Parse(CommandLine.Run(folder.Path, "evaluate", "run", "--json").Output);
        result.RootElement.GetProperty("loss").GetDouble().Should().BeLessThanOrEqualTo(loss);
    }
}
