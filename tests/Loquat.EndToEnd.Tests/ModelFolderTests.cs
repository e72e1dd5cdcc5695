using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>Other people's model folders, as they lie in the shared folder: the right tokens, end and text, or one clear refusal.</summary>
public sealed class ModelFolderTests : IDisposable
{
    private const string Expectation = "expected.json";
    private static readonly string[] _fixtures = ["fixtures", "folders"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string?> Folders => [.. SharedFolder.FoldersWith(Expectation, _fixtures)];

    public static TheoryData<string?> BadConfigs
    {
        get
        {
            var found = SharedFolder.Root is { } root && Path.Combine(root, "fixtures", "bad_configs") is var folder && Directory.Exists(folder)
                ? Directory.EnumerateFiles(folder, "*.json").Select(file => (string?)Path.GetFileName(file)).Order(StringComparer.Ordinal).ToList() : [];
            return found.Count > 0 ? [.. found] : [(string?)null];
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Generate_gives_the_tokens_and_the_text_of_the_reference(string? name)
    {
        var folder = Fixture(name);
        var expected = Read(Path.Combine(folder, Expectation));
        var prompt = expected.GetProperty("prompt").GetString()!;
        string[] arguments = ["generate", folder, prompt, "--temperature", "0", "--max-new-tokens", $"{expected.GetProperty("max_new_tokens").GetInt32()}"];
        var outcome = CommandLine.Run(_folder.Path, [.. arguments, "--json"]);
        outcome.ExitCode.Should().Be(0, outcome.All);
        using var document = JsonDocument.Parse(outcome.Output);
        var said = document.RootElement;
        Ids(said, "prompt_ids").Should().Equal(Ids(expected, "prompt_ids"));
        Ids(said, "token_ids").Should().Equal(Ids(expected, "greedy_ids"));
        said.GetProperty("finish_reason").GetString().Should().Be(expected.GetProperty("finish").GetString() == "eos" ? "end_of_text" : "length");
        said.GetProperty("text").GetString().Should().Be(expected.GetProperty("text").GetString());
        // As it is written, too.
        CommandLine.Run(_folder.Path, arguments).Output.Should().Be($"{prompt}{expected.GetProperty("text").GetString()}\n");
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_stop_text_that_begins_the_continuation_is_found(string? name)
    {
        var folder = Fixture(name);
        var expected = Read(Path.Combine(folder, Expectation));
        var stop = expected.GetProperty("text").GetString()!;
        stop = stop[..Math.Min(2, stop.Length)];
        var outcome = CommandLine.Run(_folder.Path, "generate", folder, expected.GetProperty("prompt").GetString()!, "--temperature", "0", "--stop", stop, "--json");
        using var document = JsonDocument.Parse(outcome.Output);
        document.RootElement.GetProperty("text").GetString().Should().BeEmpty();
        document.RootElement.GetProperty("finish_reason").GetString().Should().Be("stop_sequence");
    }

    [Theory, MemberData(nameof(Folders))]
    public void Evaluate_scores_a_text(string? name)
    {
        var folder = Fixture(name);
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Repeat("the cat sat on the mat. ", 20)));
        var outcome = CommandLine.Run(_folder.Path, "evaluate", folder, "--data", "text.txt", "--json");
        outcome.ExitCode.Should().Be(0, outcome.All);
        using var document = JsonDocument.Parse(outcome.Output);
        document.RootElement.GetProperty("loss").GetDouble().Should().BeGreaterThan(0);
    }

    [Theory, MemberData(nameof(BadConfigs))]
    public void A_configuration_that_cannot_be_is_refused_with_one_error(string? name)
    {
        var config = Path.Combine(SharedFolder.Require("fixtures", "bad_configs"), name ?? "a .json file");
        var llama = SharedFolder.FoldersWith(Expectation, _fixtures).Select(Fixture).First(folder => Read(Path.Combine(folder, "config.json")).GetProperty("model_type").GetString() == "llama");
        foreach (var file in Directory.EnumerateFiles(llama)) File.Copy(file, _folder.File(Path.GetFileName(file)));
        File.Delete(_folder.File("config.json"));
        File.WriteAllText(_folder.File("config.json"), File.ReadAllText(config));
        var outcome = CommandLine.Run(_folder.Path, "generate", ".", "the cat", "--temperature", "0", "--max-new-tokens", "4");
        outcome.ExitCode.Should().BeInRange(2, 5, outcome.All);
        outcome.Error.TrimEnd().Split('\n').Should().ContainSingle().Which.Should().StartWith("error: ").And.Contain("config.json");
        outcome.Output.Should().BeEmpty();
    }

    [Fact]
    public void Sampling_defaults_of_a_folder_are_taken_and_shown()
    {
        var folder = Fixture(SharedFolder.FoldersWith(Expectation, _fixtures).First());
        foreach (var file in Directory.EnumerateFiles(folder)) File.Copy(file, _folder.File(Path.GetFileName(file)));
        void Write(string json) => File.WriteAllText(_folder.File("generation_config.json"), json);

        Write("""{"do_sample":true,"temperature":0.6,"top_k":7,"top_p":0.9,"repetition_penalty":1.25,"max_new_tokens":3,"transformers_version":"5.0"}""");
        var outcome = CommandLine.Run(_folder.Path, "generate", ".", "the cat", "--top-k", "9", "--json");
        outcome.Error.Should().Contain("temperature 0.6").And.Contain("top-k 9").And.Contain("generation_config.json");
        using (var document = JsonDocument.Parse(outcome.Output))
        {
            var sampling = document.RootElement.GetProperty("sampling");
            (sampling.GetProperty("temperature").GetDouble(), sampling.GetProperty("top_p").GetDouble(), sampling.GetProperty("repetition_penalty").GetDouble()).Should().Be((0.6, 0.9, 1.25));
            document.RootElement.GetProperty("completion_tokens").GetInt32().Should().BeLessThanOrEqualTo(3);
        }
        Write("""{"num_beams":4,"no_repeat_ngram_size":2,"max_new_tokens":3}""");
        outcome = CommandLine.Run(_folder.Path, "generate", ".", "the cat");
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Error.Should().Contain("the best of 4 beams").And.Contain("no 2 tokens twice");
        Write("""{"penalty_alpha":0.6,"top_k":4}""");
        outcome = CommandLine.Run(_folder.Path, "generate", ".", "the cat");
        outcome.ExitCode.Should().Be(4);
        outcome.Error.Should().Contain("penalty_alpha is 0.6");
    }

    private static string Fixture(string? name) => SharedFolder.Require([.. _fixtures, name ?? Expectation]);

    private static JsonElement Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.Clone();
    }

    private static IEnumerable<int> Ids(JsonElement element, string key) => element.GetProperty(key).EnumerateArray().Select(id => id.GetInt32());

    public void Dispose() => _folder.Dispose();
}
