using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

public sealed class ScoreTests
{
    [Theory]
    [InlineData("bleu", "BLEU|nrefs:1|", "score")]
    [InlineData("chrf", "chrF2|nrefs:1|", "score")]
    [InlineData("ter", "TER|nrefs:1|", "score")]
    [InlineData("rouge", "precision", "rougeL")]
    [InlineData("meteor", "METEOR = ", "score")]
    [InlineData("wer", "WER = ", "score")]
    [InlineData("cer", "CER = ", "score")]
    [InlineData("exact-match", "exact match = ", "score")]
    public void Every_metric_prints_a_table_and_json(string metric, string table, string key)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "h.txt"), "the cat sat on the mat\na dog\n");
        File.WriteAllText(Path.Combine(folder.Path, "r.txt"), "the cat sat on a mat\na dog\n");
        CommandLine.Run(folder.Path, "score", metric, "--hypotheses", "h.txt", "--references", "r.txt").Output.Should().Contain(table);
        var json = JsonDocument.Parse(CommandLine.Run(folder.Path, "score", metric, "--hypotheses", "h.txt", "--references", "r.txt", "--json").Output).RootElement;
        json.GetProperty("metric").GetString().Should().Be(metric);
        json.TryGetProperty(key, out _).Should().BeTrue();
    }

    [Fact]
    public void Other_numbers_of_lines_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "h.txt"), "a\nb\n");
        File.WriteAllText(Path.Combine(folder.Path, "r.txt"), "a\n");
        var result = CommandLine.Run(folder.Path, "score", "bleu", "--hypotheses", "h.txt", "--references", "r.txt");
        result.ExitCode.Should().Be(3);
        result.Error.Should().Contain("2 hypotheses");
    }
}
