using System.Text.Json;
using Loquat.Tests;

namespace Loquat.EndToEnd.Tests;

public sealed class PreprocessTests
{
    private static string Corpus(TemporaryFolder folder)
    {
        string[] texts = ["The NiÃ±a sailed west with two other ships that year.", "Il était en colère contre tout le monde ce jour-là.", "The NiÃ±a sailed west with two other ships that year."];
        File.WriteAllLines(folder.File("corpus.jsonl"), texts.Select((text, i) => JsonSerializer.Serialize(new { id = $"d{i}", text })));
        return folder.File("corpus.jsonl");
    }

    [Fact]
    public void Documents_go_through_the_steps_and_every_one_is_accounted_for()
    {
        using var folder = new TemporaryFolder();
        var outcome = CommandLine.Run(folder.Path, "preprocess", "--steps", "repair,language:keep=eng,exact_dedup", Corpus(folder), "--out", "clean", "--format", "jsonl");
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Output.Should().Contain("language_fra 1").And.Contain("duplicate 1").And.Contain("1 documents");
        var kept = File.ReadAllText(folder.File("clean/documents-00000.jsonl"));
        kept.Should().Contain("The Niña sailed").And.Contain("\"language\":\"eng\"");
        File.ReadAllLines(folder.File("clean/ledger.jsonl")).Should().HaveCount(3);
        File.ReadAllText(folder.File("clean/report.html")).Should().Contain("Data card");
        CommandLine.Run(folder.Path, "preprocess", "--steps", "repair,language:keep=eng,exact_dedup", Corpus(folder), "--out", "clean", "--format", "jsonl").ExitCode.Should().Be(0);
    }

    [Theory]
    [InlineData("there is no step 'near_dup'", "--steps", "near_dup", "corpus.jsonl", "--out", "clean")]
    [InlineData("--out FOLDER", "--steps", "repair", "corpus.jsonl")]
    [InlineData("there is no such file", "--steps", "repair", "nothing.jsonl", "--out", "clean")]
    [InlineData("--format is 'csv'", "--steps", "repair", "corpus.jsonl", "--out", "clean", "--format", "csv")]
    public void What_cannot_be_done_is_said(string message, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        Corpus(folder);
        var outcome = CommandLine.Run(folder.Path, ["preprocess", .. arguments]);
        outcome.ExitCode.Should().BeInRange(2, 3);
        outcome.Error.Should().Contain(message);
        Directory.Exists(folder.File("clean")).Should().BeFalse();
    }

    [Fact]
    public void A_model_of_languages_is_trained_and_used()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("e.txt"), "the cat sat on the mat\nwhere is the other one\n");
        File.WriteAllText(folder.File("f.txt"), "le chat est sur le tapis\nou est donc l'autre\n");
        CommandLine.Run(folder.Path, "languages", "train", "eng=e.txt", "fra=f.txt", "--out", "mine.br").ExitCode.Should().Be(0);
        CommandLine.Run(folder.Path, "languages", "detect", "f.txt", "--model", "mine.br").Output.Should().StartWith("fra");
    }
}
