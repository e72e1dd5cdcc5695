using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>`loquat embed` with real models: vectors of the reference in every form that it gives them.</summary>
public sealed class EmbedTests : IDisposable
{
    private const string Expected = "expected.json";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string?> Real => [.. SharedFolder.FoldersWith(Expected, "fixtures", "real")];

    [Theory, MemberData(nameof(Real))]
    public void A_text_gives_its_vector_from_a_file_from_documents_and_from_standard_input(string? name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.Require("fixtures", "real", name ?? Expected), Expected)));
        string[] texts = [.. json.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!).Where(text => text.Trim().Length > 0 && !text.Contains('\n')).Take(6)];
        var model = SharedFolder.Require("data", "models", name!);
        File.WriteAllLines(_folder.File("texts.txt"), texts);
        File.WriteAllLines(_folder.File("texts.jsonl"), texts.Select((text, i) => i % 2 == 0 ? JsonSerializer.Serialize(new { text, label = 3 }) : JsonSerializer.Serialize(text)));
        var lines = CommandLine.Run(_folder.Path, "embed", model, "--data", "texts.txt", "--json");
        lines.ExitCode.Should().Be(0, lines.All);
        var vectors = lines.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        vectors.Select(vector => vector.GetProperty("text").GetString()).Should().Equal(texts);
        vectors[0].GetProperty("embedding").EnumerateArray().Sum(value => Math.Pow(value.GetDouble(), 2)).Should().BeApproximately(1, 1e-5);
        CommandLine.Run(_folder.Path, "embed", model, "--data", "texts.jsonl", "--json").Output.Should().Be(lines.Output);
        CommandLine.RunWithInput(_folder.Path, string.Join('\n', texts), "embed", model, "--data", "-", "--json").Output.Should().Be(lines.Output);
        var files = CommandLine.Run(_folder.Path, "embed", model, "--data", "texts.txt", "--out", "vectors.jsonl");
        (files.ExitCode, files.Output).Should().Be((0, ""));
        File.ReadAllText(_folder.File("vectors.jsonl")).Should().Be(lines.Output);
        CommandLine.Run(_folder.Path, "embed", model, "--data", "texts.txt", "--out", "vectors.safetensors").ExitCode.Should().Be(0);
        new FileInfo(_folder.File("vectors.safetensors")).Length.Should().BeGreaterThan(6 * 4 * vectors[0].GetProperty("embedding").GetArrayLength());
        CommandLine.Run(_folder.Path, "embed", model, "--data", "texts.txt").Output.Split('\n').Should().HaveCount(texts.Length + 1);
        CommandLine.Run(_folder.Path, "embed", model, "--data", "texts.txt", "--pooling", "cls", "--json").Output.Should().NotBe(lines.Output);
    }

    [Fact]
    public void Wrong_usage_gets_one_line()
    {
        File.WriteAllText(_folder.File("empty.txt"), "\n\n");
        File.WriteAllText(_folder.File("bad.jsonl"), "{\"text\": \"a\"}\n{\"txt\": \"a\"}\n");
        File.WriteAllText(_folder.File("torn.jsonl"), "{\"text\": \"a\n");
        foreach (var (code, message, arguments) in ((int, string, string[])[])
        [
            (3, "no such file", ["embed", ".", "--data", "missing.txt"]),
            (3, "bad.jsonl, line 2: there is no text", ["embed", ".", "--data", "bad.jsonl"]),
            (3, "torn.jsonl, line 1: cannot be read as JSON", ["embed", ".", "--data", "torn.jsonl"]),
            (3, "no text to embed", ["embed", ".", "--data", "empty.txt"]),
            (2, "must end with .jsonl or .safetensors", ["embed", ".", "--data", "empty.txt", "--out", "vectors.npy"]),
            (2, "it must be one of cls, max, mean", ["embed", ".", "--data", "empty.txt", "--pooling", "median"]),
            (2, "--batch-size", ["embed", ".", "--data", "empty.txt", "--batch-size", "0"]),
        ])
        {
            var outcome = CommandLine.Run(_folder.Path, arguments);
            outcome.ExitCode.Should().Be(code, outcome.All);
            outcome.All.Should().Contain(message);
        }
    }

    public void Dispose() => _folder.Dispose();
}
