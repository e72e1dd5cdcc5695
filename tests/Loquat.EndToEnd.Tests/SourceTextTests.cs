using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Loquat.EndToEnd.Tests;

/// <summary>Books, pages, dumps, tables and archives wherever the command line takes text.</summary>
public sealed class SourceTextTests
{
    [Fact]
    public void Every_verb_that_takes_text_takes_sources_of_every_kind()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("mix/deep"));
        File.Copy(SharedFolder.Require("data", "raw", "epub", "hefty-water.epub"), folder.File("mix/deep/book.epub"));
        File.Copy(SharedFolder.Require("data", "raw", "mediawiki", "enwiki-table-markup.xml.bz2"), folder.File("mix/deep/wiki.xml.bz2"));
        File.Copy(SharedFolder.Require("data", "raw", "warc", "example-iana.org-chunked.warc"), folder.File("mix/deep/site.warc"));
        File.WriteAllText(folder.File("mix/page.html"), $"<html><head><title>Page</title></head><body><article><p>{Sentences("page")}</p></article></body></html>");
        File.WriteAllText(folder.File("mix/rows.csv"), $"id,text\n1,\"{Sentences("table")}\"\n");
        File.WriteAllText(folder.File("mix/rows.jsonl"), $"{{\"text\":\"{Sentences("record")}\"}}\n{{\"text\":\"{Sentences("line")}\"}}\n");
        using (var gzip = new GZipStream(File.Create(folder.File("mix/notes.txt.gz")), CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(Sentences("packed")));
        using (var zip = ZipFile.Open(folder.File("mix/all.zip"), ZipArchiveMode.Create))
        using (var entry = new StreamWriter(zip.CreateEntry("inside/notes.txt").Open())) entry.Write(Sentences("archive"));
        using (var tar = new TarWriter(new GZipStream(File.Create(folder.File("mix/all.tar.gz")), CompressionLevel.Fastest)))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "inside/notes.txt") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Sentences("tape"))) });
        File.WriteAllBytes(folder.File("mix/picture.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 0, 0, 0]);
        // The same as Parquet and as compressed JSON lines.
        Run(folder, "collect", "mix/rows.jsonl", "--out", "collected", "--format", "parquet");
        File.Copy(Directory.GetFiles(folder.File("collected"), "documents-*.parquet").Single(), folder.File("mix/rows.parquet"));
        Run(folder, "collect", "mix/rows.csv", "--out", "shards");
        File.Copy(Directory.GetFiles(folder.File("shards"), "documents-*.jsonl.zst").Single(), folder.File("mix/rows.jsonl.zst"));

        string[] words = ["archive", "line", "packed", "page", "record", "table", "tape"];
        Learned(folder, "mix").Should().Contain(words, "each is a word often enough").And.Contain(["hydrogen", "Estonia", "DNSSEC"], "they stand in the book, the dump and the site");
        Learned(folder, "mix", "--include", "*.parquet").Should().Contain(["record", "line"]).And.NotContain("page");
        Learned(folder, "mix", "--include", "rows.*", "--exclude", "*.csv", "--exclude", "*.zst").Should().Contain("record").And.NotContain("table");

        File.WriteAllText(folder.File("tiny.yaml"), TinyRun.Recipe.Replace("  story_megabytes: 0.2", "  path: mix\n  exclude: [\"deep/**\"]").Replace("vocab_size: 384", "vocab_size: 300").Replace("max_steps: 60", "max_steps: 4").Replace("warmup_steps: 5", "warmup_steps: 2"));
        Run(folder, "data", "show", "tiny.yaml", "--rows", "1").Output.Should().Contain("predicts");
        var trained = Run(folder, "train", "tiny.yaml", "--out", "run");
        trained.All.Should().Contain("picture.png: skipped");
        foreach (var data in (string[])["mix", "mix/all.zip", "mix/deep/site.warc", "mix/rows.parquet"]) Run(folder, "evaluate", "run", "--data", data).Output.Should().Contain("bits per byte");
        var wrong = CommandLine.Run(folder.Path, "evaluate", "run", "--data", "mix/picture.png");
        wrong.ExitCode.Should().Be(3, wrong.All);
        wrong.Error.Should().Contain("error: mix/picture.png: not UTF-8 text").And.NotContain("Unhandled");
    }

    private static string Sentences(string word) => string.Join(' ', Enumerable.Range(1, 30).Select(i => $"The {word} number {i} is a {word} that stands beside another {word} of {i * 7} words."));

    private static Outcome Run(TemporaryFolder folder, params string[] arguments)
    {
        var outcome = CommandLine.Run(folder.Path, arguments);
        outcome.ExitCode.Should().Be(0, outcome.All);
        return outcome;
    }

    /// <summary>The words that a tokenizer learned of a text.</summary>
    private static IEnumerable<string> Learned(TemporaryFolder folder, string data, params string[] options)
    {
        Run(folder, ["tokenizer", "train", "--data", data, .. options, "--type", "wordlevel", "--vocab-size", "100000", "--out", "words.json"]);
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(folder.File("words.json")));
        return [.. json.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().Select(token => token.Name)];
    }
}
