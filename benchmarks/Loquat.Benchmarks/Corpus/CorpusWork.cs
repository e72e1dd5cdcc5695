using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Loquat.Corpus.Preprocessing.Deduplication;
using Loquat.Corpus.Preprocessing.Filters;
using Loquat.Corpus.Preprocessing.Languages;
using Loquat.Corpus.Preprocessing.Repair;

namespace Loquat.Benchmarks.Corpus;

/// <summary>Work on a document that is measured.</summary>
/// <param name="Documents">What it is done to.</param>
internal sealed record CorpusWork(string Name, IReadOnlyList<string> Documents, Action<string> Do)
{
    public const int DocumentCharacters = 4000;

    private const int Copies = 8;

    public static IEnumerable<CorpusWork> All(string shared)
    {
        var english = Divide(English(shared));
        var broken = Broken(shared);
        var (repair, minHash) = (new TextRepair(), new MinHash(128));
        QualityFilter[] filters = [new GopherQuality(), new GopherRepetition(), new FineWebQuality()];
        var c4 = new C4Quality();
        yield return new("filters: Gopher quality, Gopher repetition, C4, FineWeb", english, text =>
        {
            foreach (var filter in filters) filter.FirstFailure(text);
            c4.Decide(text);
        });
        yield return new("filter: Gopher quality", english, text => filters[0].FirstFailure(text));
        yield return new("filter: Gopher repetition", english, text => filters[1].FirstFailure(text));
        yield return new("filter: FineWeb", english, text => filters[2].FirstFailure(text));
        yield return new("filter: C4", english, text => c4.Decide(text));
        yield return new("repair: clean English", english, text => repair.Apply(text));
        yield return new("repair: mojibake of 27 languages, every line", broken, text => repair.Apply(text));
        yield return new("repair: French read as Windows-1252", Divide(Mistaken(shared)), text => repair.Apply(text));
        yield return new("MinHash: 5 words, 128 permutations", english, text => minHash.Sign(Shingles.Of(text, 5)));
        yield return new("language", english, text => LanguageModel.Default.Identify(text));
    }

    private static string English(string shared)
    {
        string[] folders = ["raw/gutenberg", "tinyshakespeare", "tinystories", "wikitext-2"];
        var text = new StringBuilder();
        foreach (var file in folders.Select(f => Path.Combine(shared, "data", f)).Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.txt")).Order(StringComparer.Ordinal))
            if (File.ReadAllBytes(file) is var bytes && Utf8.IsValid(bytes)) text.Append(Encoding.UTF8.GetString(bytes));
        return text.Length > 0 ? text.ToString() : throw new DataException($"{shared}: there are no texts in data; set LOQUAT_SHARED to the folder that holds them.");
    }

    // The broken sentences of the fixture, each a line, in documents of thirty.
    private static List<string> Broken(string shared)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(shared, "fixtures", "text", "ftfy.json")));
        var lines = json.RootElement.GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("kind").GetString() is "mojibake" or "layers" or "half").Select(c => c.GetProperty("input").GetString()!).ToList();
        return [.. Enumerable.Repeat(lines.Chunk(30).Select(chunk => string.Join('\n', chunk)), Copies).SelectMany(d => d)];
    }

    // UTF-8 as a program shows it that takes it for Windows-1252: plain lines, with broken words in most.
    private static string Mistaken(string shared)
    {
        var pages = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
        var text = File.ReadAllText(Path.Combine(shared, "data", "multilingual", "tatoeba", "tatoeba.fra-eng.fra"));
        return pages.GetString(Encoding.UTF8.GetBytes(text));
    }

    private static List<string> Divide(string text)
    {
        var documents = new List<string>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = Math.Min(text.Length, start + DocumentCharacters);
            if (end < text.Length && text.IndexOf('\n', end) is >= 0 and var line) end = line + 1;
            documents.Add(text[start..end]);
        }
        return documents;
    }
}
