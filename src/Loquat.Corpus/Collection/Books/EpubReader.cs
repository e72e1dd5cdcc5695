using System.IO.Compression;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Books;

/// <summary>EPUB 2 and 3: the items of the spine in their order, one document a book. A broken package is read as far as it goes.</summary>
internal sealed class EpubReader : IContentReader
{
    private const int LargestItem = 64 << 20;
    private const int MostItems = 20_000;

    private static readonly XNamespace _dc = "http://purl.org/dc/elements/1.1/";

    public static bool Is(ReadOnlySpan<byte> head) => head[..Math.Min(head.Length, 256)].IndexOf("application/epub+zip"u8) >= 0;

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        using var stream = content.OpenSeekable();
        var book = Open(stream, content);
        var text = new StringBuilder();
        foreach (var item in book.Spine)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (item.Text is null) context.Reject(content, item.Fault!, item.Path);
            else if (item.Text.Length > 0) text.Append(text.Length > 0 ? "\n\n" : "").Append(item.Text);
        }
        if (text.Length == 0)
        {
            context.Reject(content, "there is no text in the book");
            yield break;
        }
        yield return new Document
        {
            Id = content.Source,
            Text = text.ToString(),
            Source = content.Source,
            Title = First(book.Titles),
            Author = book.Creators.Count > 0 ? string.Join("; ", book.Creators) : null,
            Date = book.Date,
            Language = First(book.Languages),
            License = book.Rights,
            Url = content.Hints.Url,
            Metadata = book.Metadata,
        };
    }

    /// <exception cref="DataException">It is no EPUB, or encrypted.</exception>
    internal static EpubBook Open(Stream stream, Content content)
    {
        ZipArchive zip;
        try
        {
            zip = new ZipArchive(stream, ZipArchiveMode.Read);
            if (zip.Entries.Count > MostItems) throw new DataException($"{content.Source}: the book has {zip.Entries.Count:N0} files; {MostItems:N0} are the most that are read.");
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentException or OverflowException)
        {
            throw new DataException($"{content.Source}: not an EPUB: {error.Message}", error);
        }
        using (zip)
        {
            var files = new Dictionary<string, ZipArchiveEntry>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in zip.Entries) files.TryAdd(entry.FullName.Replace('\\', '/'), entry);
            if (files.TryGetValue("META-INF/rights.xml", out _)) throw new DataException($"{content.Source}: the book is encrypted (DRM).");
            var package = PackagePath(files);
            var opf = package is null ? null : Xml(files[package]);
            var folder = package?.LastIndexOf('/') is >= 0 and var slash ? package[..(slash + 1)] : "";
            return new EpubBook(opf, folder, path => files.GetValueOrDefault(path) is { } entry ? Item(entry) : (null, "the file is not in the book"), files.Keys);
        }
    }

    private static string? PackagePath(Dictionary<string, ZipArchiveEntry> files)
    {
        if (files.TryGetValue("META-INF/container.xml", out var entry) && Xml(entry) is { } container
            && container.Descendants().FirstOrDefault(e => e.Name.LocalName == "rootfile")?.Attribute("full-path")?.Value is { } path && files.ContainsKey(path)) return path;
        return files.Keys.FirstOrDefault(name => name.EndsWith(".opf", StringComparison.OrdinalIgnoreCase));
    }

    private static XDocument? Xml(ZipArchiveEntry entry)
    {
        var (text, _) = Item(entry);
        if (text is null) return null;
        try
        {
            using var reader = XmlReader.Create(new StringReader(text.TrimStart('\uFEFF')), new() { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null, MaxCharactersInDocument = LargestItem, CheckCharacters = false });
            return XDocument.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static (string? Text, string? Fault) Item(ZipArchiveEntry entry)
    {
        try
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            var buffer = new byte[1 << 15];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > LargestItem) return (null, $"the file is larger than {LargestItem:N0} bytes");
            }
            return (CharsetDetector.Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)), null);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or NotSupportedException)
        {
            return (null, $"the file is damaged: {error.Message}");
        }
    }

    private static string? First(IReadOnlyList<string> values) => values.Count > 0 ? values[0] : null;

    /// <summary>A file of the spine.</summary>
    internal sealed record SpineItem(string Path, bool Linear, string? Text, string? Fault);

    /// <summary>What the package says, and the text of the spine.</summary>
    internal sealed class EpubBook
    {
        public EpubBook(XDocument? opf, string folder, Func<string, (string?, string?)> read, IEnumerable<string> files)
        {
            var metadata = opf?.Descendants().FirstOrDefault(e => e.Name.LocalName == "metadata");
            IReadOnlyList<string> Values(string name) => metadata is null ? [] : [.. metadata.Descendants(_dc + name).Select(e => string.Join(' ', e.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).Where(v => v.Length > 0)];
            (Titles, Creators, Languages) = (Values("title"), Values("creator"), Values("language"));
            Date = Values("date").FirstOrDefault(d => d.Length >= 4 && d[..4].All(char.IsAsciiDigit));
            Rights = First(Values("rights"));
            foreach (var name in (string[])["publisher", "identifier", "subject", "contributor"])
                if (Values(name) is { Count: > 0 } values) Metadata[name] = string.Join("; ", values);
            Direction = opf?.Descendants().FirstOrDefault(e => e.Name.LocalName == "spine")?.Attribute("page-progression-direction")?.Value;
            Spine = [.. Items(opf, folder, files).Take(MostItems).Select(item => Read(item.Path, item.Linear, read))];
        }

        public IReadOnlyList<string> Titles { get; }

        public IReadOnlyList<string> Creators { get; }

        public IReadOnlyList<string> Languages { get; }

        public string? Date { get; }

        public string? Rights { get; }

        /// <summary>`ltr`, `rtl`, or null.</summary>
        public string? Direction { get; }

        public Dictionary<string, string> Metadata { get; } = [];

        public IReadOnlyList<SpineItem> Spine { get; }

        private static IEnumerable<(string Path, bool Linear)> Items(XDocument? opf, string folder, IEnumerable<string> files)
        {
            var hrefs = new Dictionary<string, string>();
            foreach (var item in opf?.Descendants().Where(e => e.Name.LocalName == "item") ?? [])
                if (item.Attribute("id")?.Value is { } id && item.Attribute("href")?.Value is { } href) hrefs.TryAdd(id, Resolve(folder, href));
            var spine = (opf?.Descendants().Where(e => e.Name.LocalName == "itemref") ?? [])
                .Where(i => i.Attribute("idref")?.Value is { } id && hrefs.ContainsKey(id)).Select(i => (hrefs[i.Attribute("idref")!.Value], i.Attribute("linear")?.Value != "no")).ToList();
            if (spine.Count > 0) return spine;
            // No spine to go by: the pages in the order of their names.
            return files.Where(f => f.EndsWith("html", StringComparison.OrdinalIgnoreCase) || f.EndsWith(".htm", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).Select(f => (f, true));
        }

        private static SpineItem Read(string path, bool linear, Func<string, (string? Text, string? Fault)> read)
        {
            var (text, fault) = read(path);
            return new(path, linear, text is null ? null : MarkupText.Of(HtmlParser.Parse(text, isXml: text.AsSpan(0, Math.Min(text.Length, 1000)).Contains("xhtml", StringComparison.OrdinalIgnoreCase))), fault);
        }

        private static string Resolve(string folder, string href)
        {
            var path = folder + Uri.UnescapeDataString(href.Split('#')[0]);
            var parts = new List<string>();
            foreach (var part in path.Split('/'))
                if (part == "..") { if (parts.Count > 0) parts.RemoveAt(parts.Count - 1); }
                else if (part is not ("." or "")) parts.Add(part);
            return string.Join('/', parts);
        }
    }
}
