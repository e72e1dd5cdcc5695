using System.Text.Json;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Tests.Collection.Posts;

public sealed class PostsTests(ITestOutputHelper output)
{
    [Fact]
    public void Posts_equal_the_reference_s()
    {
        var comparisons = new List<(string, string?, string?)>();
        var cases = TextFixture.Cases("read_social.json");
        foreach (var c in cases)
        {
            var path = c.Text("path")!;
            var (texts, empty) = Texts(TextFixture.Data(path), c.Text("kind")!, c.GetProperty("first")[0]);
            comparisons.Add(($"{path} posts", c.GetProperty("posts").ToString(), $"{texts.Count + empty}"));
            comparisons.Add(($"{path} first", Show(c.GetProperty("first")), string.Join('\u0001', texts.Take(c.GetProperty("first").EnumerateArray().Count(p => !string.IsNullOrWhiteSpace(p.Text("text")))))));
            comparisons.Add(($"{path} last", Show(c.GetProperty("last")), string.Join('\u0001', texts.TakeLast(c.GetProperty("last").GetArrayLength()))));
            output.WriteLine($"{path}: {texts.Count} posts, {empty} without text");
        }
        Preprocessing.TextFixture.AllEqual(comparisons);
    }

    // Posts without text are told as rejected, not given.
    private static (List<string> Texts, int Empty) Texts(string path, string kind, JsonElement first)
    {
        if (kind == "lines")
        {
            var lines = CharsetDetector.Decode(File.ReadAllBytes(path)).Split('\n');
            return ([.. (lines[^1].Length == 0 ? lines[..^1] : lines).Select(Trimmed)], 0);
        }
        var empty = 0;
        var reader = new DocumentReader(new ReadingOptions { TextField = kind switch { "ndjson" => "title", "tsv" => "1", _ => null } });
        reader.Rejected += r => empty += r.Reason.Contains("no text", StringComparison.Ordinal) ? 1 : 0;
        return ([.. reader.Read(path).Select(d => Trimmed(d.Text))], empty);
    }

    private static string Show(JsonElement posts) => string.Join('\u0001', posts.EnumerateArray().Select(p => Trimmed(System.Net.WebUtility.HtmlDecode(p.Text("text")!))).Where(t => t.Length > 0));

    private static string Trimmed(string text) => System.Net.WebUtility.HtmlDecode(text).Trim();
}
