using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>A recipe from its text to a model that is scored and writes.</summary>
public sealed class TrainingTests
{
    [Fact]
    public void A_recipe_trains_evaluates_and_generates()
    {
        using var folder = new TemporaryFolder();
        var trained = CommandLine.Run(folder.Path, "train", TinyRun.Write(folder));
        trained.ExitCode.Should().Be(0, trained.All);
        trained.Output.Should().Contain("bits per byte").And.Contain("the true entropy of the text");
        trained.Error.Should().Contain("step 60/60").And.Contain("tokens/s");
        var run = Path.Combine(folder.Path, "runs", "tiny");
        foreach (var file in (string[])["recipe.lock.yaml", "metrics.jsonl", "plots/loss.png", "samples/00000060.txt", "data/tokenizer.json", "checkpoints/best/model.safetensors", "checkpoints/last/optimizer.safetensors", "checkpoints/best/tokenizer.json"])
            File.Exists(Path.Combine(run, file)).Should().BeTrue(file);
        Directory.EnumerateFiles(Path.Combine(run, "events")).Should().ContainSingle();

        var generated = CommandLine.Run(folder.Path, "generate", "runs/tiny", "Once", "--json", "--max-new-tokens", "12", "--seed", "3");
        generated.ExitCode.Should().Be(0, generated.All);
        using var json = JsonDocument.Parse(generated.Output);
        json.RootElement.GetProperty("completion_tokens").GetInt32().Should().BeInRange(1, 12);
        CommandLine.Run(folder.Path, "generate", "runs/tiny", "Once", "--json", "--max-new-tokens", "12", "--seed", "3").Output
            .Should().StartWith(generated.Output.Split("\"tokens_per_second\"")[0], "of the same seed");
    }

    [Fact]
    public void A_recipe_can_have_its_text_cut_by_chance()
    {
        using var folder = new TemporaryFolder();
        var recipe = TinyRun.Write(folder);
        CommandLine.Run(folder.Path, "train", recipe, "--out", "plain").ExitCode.Should().Be(0);
        var sampled = CommandLine.Run(folder.Path, "train", recipe, "--out", "sampled", "--set", "tokenizer.sampling.passes=3");
        sampled.ExitCode.Should().Be(0, sampled.All);
        Length("sampled", "train").Should().BeGreaterThan(3 * Length("plain", "train"));
        File.ReadAllBytes(folder.File("sampled/data/validation.tokens")).Should().Equal(File.ReadAllBytes(folder.File("plain/data/validation.tokens")));

        long Length(string run, string split) => new FileInfo(folder.File($"{run}/data/{split}.tokens")).Length;
    }

    [Fact]
    public void An_evaluation_does_not_depend_on_the_batch_size_and_is_that_of_training()
    {
        using var folder = new TemporaryFolder();
        var trained = CommandLine.Run(folder.Path, "train", TinyRun.Write(folder));
        trained.ExitCode.Should().Be(0, trained.All);
        var losses = ((int[])[1, 3, 16]).Select(batch => Evaluate(folder.Path, "--batch-size", $"{batch}")).ToArray();
        losses.Should().AllSatisfy(loss => loss.Should().BeApproximately(losses[0], 1e-6));
        trained.Output.Should().Contain($"{losses[0]:F4}");
    }

    [Fact]
    public void A_text_of_ones_own_comes_from_a_file_a_folder_or_standard_input()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("texts"));
        var text = string.Concat(Enumerable.Range(0, 400).Select(i => $"The {i % 7} brown foxes jump over {i} lazy dogs.\n"));
        File.WriteAllText(folder.File("texts/a.txt"), text);
        File.WriteAllText(folder.File("texts/b.txt"), text);
        CommandLine.Run(folder.Path, "train", TinyRun.Write(folder), "--set", "data.path=texts", "--set", "tokenizer.vocab_size=300", "--out", "own").ExitCode.Should().Be(0);
        var file = Evaluate(folder.Path, "own", "--data", "texts/a.txt");
        var input = CommandLine.RunWithInput(folder.Path, text, "evaluate", "own", "--data", "-", "--json");
        Loss(input.Output).Should().Be(file);
        Evaluate(folder.Path, "own", "--data", "texts").Should().BeInRange(0.01, 6);
    }

    [Fact]
    public void Quickstart_makes_a_model_from_nothing_and_from_text()
    {
        using var folder = new TemporaryFolder();
        var stories = CommandLine.Run(folder.Path, "quickstart", "--minutes", "0.5"); // a busy machine takes a third of it to make the text
        stories.ExitCode.Should().Be(0, stories.All);
        stories.Output.Should().Contain("the true entropy of the text");
        File.WriteAllText(folder.File("own.txt"), string.Concat(Enumerable.Range(0, 3000).Select(i => $"Line {i * 7919 % 1000} of the text says {i % 13}.\n")));
        var own = CommandLine.Run(folder.Path, "quickstart", "--minutes", "0.2", "--data", "own.txt");
        own.ExitCode.Should().Be(0, own.All);
        Directory.Exists(folder.File("runs/quickstart-2/checkpoints/best")).Should().BeTrue();
        CommandLine.Run(folder.Path, "plan", "runs/quickstart-2/recipe.lock.yaml").Output.Should().Contain("a step");
    }

    [Theory]
    [InlineData("bpe", 384)]
    [InlineData("unigram", 384)]
    [InlineData("byte", 257)]
    public void A_plan_counts_the_vocabulary_that_the_kind_has(string kind, int size)
    {
        using var folder = new TemporaryFolder();
        CommandLine.Run(folder.Path, "plan", TinyRun.Write(folder), "--set", $"tokenizer.type={kind}").Output.Should().Contain($" {size} tokens in the vocabulary");
    }

    private static double Evaluate(string folder, params string[] arguments)
    {
        if (arguments[0].StartsWith('-')) arguments = ["runs/tiny", .. arguments];
        var outcome = CommandLine.Run(folder, ["evaluate", .. arguments, "--json"]);
        outcome.ExitCode.Should().Be(0, outcome.All);
        return Loss(outcome.Output);
    }

    private static double Loss(string output)
    {
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("loss").GetDouble();
    }
}
