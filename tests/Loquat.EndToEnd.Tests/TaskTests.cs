using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

public sealed class TaskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Models_are_asked_compared_and_logged()
    {
        CommandLine.Run(_folder.Path, "train", TinyRun.Write(_folder), "--out", "a").ExitCode.Should().Be(0);
        CommandLine.Run(_folder.Path, "train", TinyRun.Write(_folder), "--set", "seed=2", "--out", "b").ExitCode.Should().Be(0);
        Directory.CreateDirectory(_folder.File("data"));
        File.WriteAllLines(_folder.File("data/q.jsonl"), Enumerable.Range(0, 12).Select(i => $$"""{"q": "The fox met {{i}}", "right": "a bear.", "wrong": "zq xj {{i}}", "kind": "{{(i % 2 == 0 ? "even" : "odd")}}"}"""));
        File.WriteAllText(_folder.File("mine.yaml"), """
            name: mine
            kind: multiple_choice
            data: {path: q.jsonl}
            prompt: "{{ q }}"
            choices: ["{{ right }}", "{{ wrong }}"]
            gold: "0"
            category: "{{ kind }}"
            caveat: Foxes only.
            """);
        File.WriteAllText(_folder.File("write.yaml"), """
            name: write
            kind: generation
            data: {path: q.jsonl}
            prompt: "{{ q }}"
            answers: "{{ right }}"
            generation: {max_new_tokens: 4}
            metrics: [bleu]
            """);
        var table = CommandLine.Run(_folder.Path, "evaluate", "a", "b", "--tasks", "mine.yaml,write.yaml", "--data", "data", "--limit", "10", "--log-samples", "log", "--report", "report.html");
        File.ReadAllText(_folder.File("report.html")).Should().Contain("<svg").And.Contain("Foxes only.");
        table.ExitCode.Should().Be(0, table.All);
        foreach (var word in (string[])["acc_norm", "even", "mine: Foxes only.", "b less a:", "McNemar", "bleu"]) table.Output.Should().Contain(word);
        File.ReadLines(_folder.File("log/a/mine.jsonl")).Should().HaveCount(11);

        var json = JsonDocument.Parse(CommandLine.Run(_folder.Path, "evaluate", "a", "--tasks", "mine.yaml", "--data", "data", "--limit", "10", "--log-samples", "log/a", "--json").Output).RootElement.GetProperty("results")[0];
        json.GetProperty("count").GetInt32().Should().Be(10);
        json.GetProperty("metrics").GetProperty("acc").GetProperty("value").GetDouble().Should().BeInRange(0, 1);
        json.GetProperty("categories").GetProperty("odd").GetProperty("count").GetInt32().Should().Be(5);
    }

    [Theory]
    [InlineData(2, "Did you mean 'hellaswag'?", "--tasks", "helaswag")]
    [InlineData(3, "say with --data", "--tasks", "hellaswag")]
    [InlineData(2, "--batch-size has no effect with --tasks", "--tasks", "hellaswag", "--batch-size", "4")]
    [InlineData(2, "--limit has no effect without --tasks", "--limit", "4")]
    public void Wrong_usage_is_told(int code, string message, params string[] arguments)
    {
        foreach (var file in (string[])["config.json", "model.safetensors", "tokenizer.json"]) File.Copy(Path.Combine(SharedFolder.Require("fixtures", "metrics", "language_model"), file), _folder.File(file));
        var outcome = CommandLine.Run(_folder.Path, ["evaluate", ".", .. arguments]);
        outcome.Error.Should().Contain(message);
        outcome.ExitCode.Should().Be(code, outcome.All);
    }

    public void Dispose() => _folder.Dispose();
}
