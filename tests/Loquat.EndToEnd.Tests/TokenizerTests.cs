using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>`loquat tokenizer` on the command line.</summary>
public sealed class TokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string?> Fixtures => [.. SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers")];

    [Theory, MemberData(nameof(Fixtures))]
    public void Objects_in_give_what_the_reference_gives(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer.json");
        var cases = File.ReadLines(Path.Combine(folder, "cases.jsonl")).ToList();
        var outcome = CommandLine.Run(folder, "tokenizer", "encode", folder, "--jsonl", "cases.jsonl");
        outcome.ExitCode.Should().Be(0, outcome.Error);
        var results = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        results.Length.Should().Be(cases.Count);
        for (var i = 0; i < cases.Count; i++)
        {
            using var expected = JsonDocument.Parse(cases[i]);
            using var actual = JsonDocument.Parse(results[i]);
            foreach (var key in (string[])["ids", "offsets", "decoded"])
                JsonElement.DeepEquals(actual.RootElement.GetProperty(key), expected.RootElement.GetProperty(key)).Should().BeTrue($"{key} of case {i}: {cases[i]}");
        }
    }

    [Theory]
    [InlineData("bpe", 400)]
    [InlineData("bpe-metaspace", 400)]
    [InlineData("bpe-suffix", 400)]
    [InlineData("byte", 400)]
    [InlineData("wordpiece", 120)]
    [InlineData("unigram", 90)]
    [InlineData("wordlevel", 400)]
    [InlineData("character", 400)]
    public void Every_kind_is_learned_written_and_used(string kind, int size)
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 2000).Select(i => $"The {Word(i)} and the {Word(i * 7)} met {Word(i * 13)} at home.\n")));
        var trained = CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "text.txt", "--type", kind, "--vocab-size", $"{size}", "--out", "t.json");
        trained.ExitCode.Should().Be(0, trained.All);
        var encoded = CommandLine.RunWithInput(_folder.Path, "the home\n", "tokenizer", "encode", "t.json");
        encoded.ExitCode.Should().Be(0, encoded.All);
        var decoded = CommandLine.Run(_folder.Path, ["tokenizer", "decode", "t.json", .. encoded.Output.Trim().Split(' ')]);
        decoded.Output.Should().Be("the home\n");
        CommandLine.Run(_folder.Path, "tokenizer", "info", "t.json", "--data", "text.txt").Output.Should().Contain("bytes per token").And.Contain("Rényi");
        CommandLine.Run(_folder.Path, "tokenizer", "encode", "t.json", "text.txt", "--batch").Output
            .Should().Be(CommandLine.Run(_folder.Path, "tokenizer", "encode", "t.json", "text.txt").Output);
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_named_with_what_is_allowed()
    {
        File.WriteAllText(_folder.File("text.txt"), "abc");
        CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "text.txt", "--type", "byte", "--out", "t.json").ExitCode.Should().Be(0);
        var given = CommandLine.Run(_folder.Path, "tokenizer", "decode", "t.json", "97", "257");
        given.ExitCode.Should().Be(3, given.All);
        given.All.Should().Contain("error: 257 is no id of this tokenizer; its ids go from 0 to 256.");
        CommandLine.RunWithInput(_folder.Path, "97 98\n-1\n", "tokenizer", "decode", "t.json").All.Should().Contain("line 2: -1 is no id");
    }

    [Theory]
    [InlineData("bpe", 400, "--alpha", "0.3")]
    [InlineData("unigram", 90, "--alpha", "0.2", "--nbest-size", "-1")]
    [InlineData("unigram", 90, "--nbest-size", "16")]
    public void Lines_are_cut_by_chance_and_the_same_with_the_same_seed(string kind, int size, params string[] sampling)
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 2000).Select(i => $"The {Word(i)} and the {Word(i * 7)} met {Word(i * 13)} at home.\n")));
        CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "text.txt", "--type", kind, "--vocab-size", $"{size}", "--out", "t.json").ExitCode.Should().Be(0);
        var plain = Run();
        var sampled = Run(sampling);
        sampled.Should().NotBe(plain);
        Run([.. sampling, "--batch"]).Should().Be(sampled);
        Run([.. sampling, "--seed", "1"]).Should().Be(sampled);
        Run([.. sampling, "--seed", "2"]).Should().NotBe(sampled);
        Run("--alpha", "0.5", "--nbest-size", "1").Should().Be(plain);
        CommandLine.RunWithInput(_folder.Path, sampled, "tokenizer", "decode", "t.json").Output.Should().Be(File.ReadAllText(_folder.File("text.txt")));
        var objects = CommandLine.RunWithInput(_folder.Path, "{\"text\": \"The home\"}\n", ["tokenizer", "encode", "t.json", "--jsonl", .. sampling]);
        objects.Output.Should().Contain("\"decoded\":\"The home\"");

        string Run(params string[] options)
        {
            var outcome = CommandLine.Run(_folder.Path, ["tokenizer", "encode", "t.json", "text.txt", .. options]);
            outcome.ExitCode.Should().Be(0, outcome.All);
            return outcome.Output;
        }
    }

    [Theory]
    [InlineData("WordLevel model cuts a text in one way only", "wordlevel", "--alpha", "0.1")]
    [InlineData("alpha is -1", "bpe", "--alpha", "-1")]
    [InlineData("nbest_size is 8; BPE has no probabilities", "bpe", "--nbest-size", "8")]
    [InlineData("--seed is for sampling", "bpe", "--seed", "3")]
    public void Sampling_that_cannot_be_is_told(string message, string kind, params string[] sampling)
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 500).Select(i => $"The {Word(i)} and the {Word(i * 7)} met at home.\n")));
        CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "text.txt", "--type", kind, "--vocab-size", "300", "--out", "t.json").ExitCode.Should().Be(0);
        var outcome = CommandLine.Run(_folder.Path, ["tokenizer", "encode", "t.json", "text.txt", .. sampling]);
        outcome.ExitCode.Should().Be(2);
        outcome.Output.Should().BeEmpty();
        outcome.Error.Should().StartWith("error: ").And.Contain(message).And.NotContain("   at ");
    }

    [Fact]
    public void Wrong_input_is_told()
    {
        File.WriteAllText(_folder.File("broken.json"), "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}");
        File.WriteAllText(_folder.File("lines.jsonl"), "{\"text\": \"a\"}\n{\"txt\": 1}\n");
        CommandLine.Run(_folder.Path, "tokenizer", "info", "missing.json").ExitCode.Should().Be(3);
        CommandLine.Run(_folder.Path, "tokenizer", "info", "broken.json").Error.Should().Contain("broken.json").And.Contain("merges");
        CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "lines.jsonl", "--vocab-size", "5000").ExitCode.Should().Be(2);
    }

    private static string Word(int i) => string.Concat("ba be bi bo bu da de di do du".Split(' ').Skip(i % 7).Take(1 + i % 3)) + (char)('a' + i % 26);

    public void Dispose() => _folder.Dispose();
}
