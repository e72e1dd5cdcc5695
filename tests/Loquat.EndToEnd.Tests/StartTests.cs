namespace Loquat.EndToEnd.Tests;

/// <summary>Verbs that make no tensor do not wait for libtorch; those that do say clearly when it is not there.</summary>
public sealed class StartTests
{
    private const string Nowhere = "/nowhere/at/all";

    [Theory]
    [InlineData("--help")]
    [InlineData("train", "--help")]
    [InlineData("recipe", "schema")]
    [InlineData("recipe", "show", "tiny.yaml")]
    [InlineData("corpus", "stories", "--count", "1")]
    [InlineData("completion", "bash")]
    [InlineData("tokenizer", "train", "--data", "tiny.yaml", "--type", "byte", "--out", "byte.json")]
    public void Without_a_tensor_nothing_of_libtorch_is_loaded(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        TinyRun.Write(folder);
        var outcome = CommandLine.Run(folder.Path, new Dictionary<string, string> { ["LOQUAT_LIBTORCH"] = Nowhere }, arguments);
        outcome.ExitCode.Should().Be(0, outcome.All);
    }

    [Fact]
    public void Training_without_libtorch_says_so_before_it_reads()
    {
        using var folder = new TemporaryFolder();
        var outcome = CommandLine.Run(folder.Path, new Dictionary<string, string> { ["LOQUAT_LIBTORCH"] = Nowhere }, "train", TinyRun.Write(folder), "--out", "run");
        outcome.ExitCode.Should().Be(5, outcome.All);
        outcome.Error.Should().StartWith("error: libtorch is not found").And.Contain(Nowhere);
        Directory.Exists(folder.File("run")).Should().BeFalse();
    }
}
