namespace Loquat.EndToEnd.Tests;

/// <summary>From sources to a trained model: `loquat preprocess RECIPE`, then `loquat train` on its tokens.</summary>
public sealed class CorpusToModelTests
{
    [Fact]
    public void A_model_trains_on_the_tokens_that_preprocessing_wrote()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("in"));
        for (var i = 0; i < 120; i++) File.WriteAllText(folder.File($"in/{i:D3}.html"), $"<html><body><p>This page tells about the number {i}, and about the cat number {i * 7} that sat on the mat {i * i} times before it went home again.</p></body></html>");
        File.WriteAllText(folder.File("recipe.yaml"), "sources: [in]\nsteps: [repair, exact_dedup]\ntokens: {vocab_size: 320, validation_fraction: 0.2}\n");
        var built = CommandLine.Run(folder.Path, "preprocess", "recipe.yaml", "--out", "build");
        built.ExitCode.Should().Be(0, built.All);
        built.Output.Should().Contain("120 documents").And.Contain("tokens to train on");
        File.WriteAllText(folder.File("tiny.yaml"), TinyRun.Recipe.Replace("  story_megabytes: 0.2", "  tokens: build/tokens").Replace("tokenizer:\n  vocab_size: 384\n", "").Replace("max_steps: 60", "max_steps: 8").Replace("warmup_steps: 5", "warmup_steps: 2"));
        var trained = CommandLine.Run(folder.Path, "train", "tiny.yaml", "--out", "run");
        trained.ExitCode.Should().Be(0, trained.All);
        CommandLine.Run(folder.Path, "train", "tiny.yaml", "--out", "other", "--set", "data.path=in").Error.Should().Contain("data.tokens and data.path");
        CommandLine.Run(folder.Path, "train", "tiny.yaml", "--out", "other", "--set", "tokenizer.vocab_size=500").Error.Should().Contain("data.tokens has its tokenizer");
        CommandLine.Run(folder.Path, "train", "tiny.yaml", "--out", "other", "--set", "data.tokens=nothing").Error.Should().Contain("there is no such folder");
    }
}
