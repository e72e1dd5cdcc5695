using Loquat.Corpus.Collection.Books;
using Loquat.Corpus.Collection.Containers;
using Loquat.Corpus.Collection.Mail;
using Loquat.Corpus.Collection.Posts;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Collection.Records;
using Loquat.Corpus.Collection.Web;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Collection;

/// <summary>
/// Reads sources as documents: books, pages, posts, mail, tables, dumps, in archives and compressed streams too. What a source is shows by its content; its name breaks ties alone.
/// </summary>
/// <param name="options">Default: the defaults.</param>
public sealed class DocumentReader(ReadingOptions? options = null)
{
    private readonly ReadingOptions _options = options ?? new();

    /// <summary>Told what gave no document, and why; reading goes on.</summary>
    public event Action<Rejection>? Rejected;

    /// <summary>The documents of a file, or of all files below a folder in ordinal order of their paths. Hidden files are left out; links inside a folder are refused.</summary>
    /// <param name="selection">Which files of a folder. Default: all.</param>
    /// <exception cref="DataException">There is no such file or folder.</exception>
    public IEnumerable<Document> Read(string path, TextFileSelection? selection = null, CancellationToken cancellation = default)
    {
        if (File.Exists(path)) return ReadFile(path, cancellation);
        if (!Directory.Exists(path)) throw new DataException($"{path}: there is no such file or folder.");
        return Files(path, selection).SelectMany(file => ReadFile(file, cancellation));
    }

    /// <summary>The documents of a stream.</summary>
    /// <param name="name">Stands for it in the documents' sources.</param>
    public IEnumerable<Document> Read(Stream stream, string name, CancellationToken cancellation = default) =>
        Distinct(Guarded(name, () => new Content(name, stream, _options.Limits), Context(cancellation)));

    /// <summary>What reads a file: a reader, or <see cref="Archives"/> where there are sources inside it; null where it is empty or nothing that is known here.</summary>
    internal Type? Kind(string path)
    {
        using var content = new Content(path.Replace(Path.DirectorySeparatorChar, '/'), new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1), _options.Limits);
        if (content.Head.IsEmpty) return null;
        if (CompressionStreams.Of(content.Head) != Compression.None || Archives.IsZip(content.Head) || Archives.IsTar(content.Head) || content.Head.StartsWith("WARC/"u8)) return typeof(Archives);
        try
        {
            return Reader(content, Context(default)).GetType();
        }
        catch (DataException)
        {
            return null;
        }
    }

    private IEnumerable<Document> ReadFile(string path, CancellationToken cancellation)
    {
        var source = path.Replace(Path.DirectorySeparatorChar, '/');
        return Distinct(Guarded(source, () => new Content(source, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan), _options.Limits), Context(cancellation)));
    }

    /// <summary>Ids that a file gives twice are told apart by how often they came: an id names one document.</summary>
    private static IEnumerable<Document> Distinct(IEnumerable<Document> documents)
    {
        var times = new Dictionary<ulong, int>();
        foreach (var document in documents)
        {
            ref var before = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(times, System.IO.Hashing.XxHash3.HashToUInt64(System.Text.Encoding.UTF8.GetBytes(document.Id)), out _);
            var number = ++before;
            yield return number == 1 ? document : document with { Id = $"{document.Id}~{number}" };
        }
    }

    private ReadingContext Context(CancellationToken cancellation) => new(_options, rejection => Rejected?.Invoke(rejection), cancellation);

    private List<string> Files(string folder, TextFileSelection? selection)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        var files = new List<string>();
        var folders = new Stack<string>([folder]);
        while (folders.TryPop(out var current))
            foreach (var entry in new DirectoryInfo(current).EnumerateFileSystemInfos("*", all))
            {
                var path = Path.Combine(current, entry.Name);
                if (entry.LinkTarget is not null) Rejected?.Invoke(new(path, "a link; name what it leads to as a source of its own"));
                else if (entry is DirectoryInfo) folders.Push(path);
                else if (selection is null || selection.Takes(Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))) files.Add(path);
            }
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    /// <summary>Documents as they come; what goes wrong ends this content and is told.</summary>
    private static IEnumerable<Document> Guarded(string source, Func<Content> open, ReadingContext context)
    {
        Content? content = null;
        IEnumerator<Document>? documents = null;
        try
        {
            while (true)
            {
                Document? document = null;
                try
                {
                    content ??= open();
                    documents ??= Dispatch(content, context).GetEnumerator();
                    if (documents.MoveNext()) document = documents.Current;
                }
                catch (DataException error)
                {
                    context.Reject(source, error.Message.StartsWith(source + ": ", StringComparison.Ordinal) ? error.Message[(source.Length + 2)..] : error.Message);
                }
                catch (Exception error) when (error is not (OperationCanceledException or LoquatException or OutOfMemoryException))
                {
                    // A format's library may fail in any way on a broken file; it never ends a collection.
                    context.Reject(source, $"it cannot be read: {error.Message}");
                }
                if (document is null) yield break;
                yield return document;
            }
        }
        finally
        {
            documents?.Dispose();
            content?.Dispose();
        }
    }

    private static IEnumerable<Document> Dispatch(Content content, ReadingContext context)
    {
        var limits = context.Options.Limits;
        if (content.Depth > limits.DeepestNesting) throw new DataException($"{content.Source}: more than {limits.DeepestNesting} archives inside one another.");
        if (content.Head.IsEmpty) throw new DataException($"{content.Source}: it is empty.");
        if (CompressionStreams.Of(content.Head) is not Compression.None and var compression)
            return Guarded(content.Source, () => new Content(content.Source, CompressionStreams.Open(compression, content.Stream, content.Source, limits), limits, content.Depth + 1) { Hints = content.Hints }, context);
        if (Archives.IsZip(content.Head) && !EpubReader.Is(content.Head) && !content.Name.EndsWith(".epub", StringComparison.OrdinalIgnoreCase)) return Zip(content, context);
        if (Archives.IsTar(content.Head)) return Entries(Archives.Tar(content.Stream, content.Source), content, context);
        if (content.Head.StartsWith("WARC/"u8)) return Warc(content, context);
        return Reader(content, context).Read(content, context);
    }

    private static IEnumerable<Document> Zip(Content content, ReadingContext context)
    {
        using var stream = content.OpenSeekable();
        foreach (var document in Entries(Archives.Zip(stream, content.Source, context.Options.Limits), content, context)) yield return document;
    }

    private static IEnumerable<Document> Entries(IEnumerable<ArchiveEntry> entries, Content content, ReadingContext context)
    {
        foreach (var entry in entries)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var source = $"{content.Source}!{entry.Name}";
            if (entry.Refusal is not null) context.Reject(source, entry.Refusal);
            else
                foreach (var document in Guarded(source, () => new Content(source, entry.Content!, context.Options.Limits, content.Depth + 1), context)) yield return document;
        }
    }

    private static IEnumerable<Document> Warc(Content content, ReadingContext context)
    {
        var file = new WarcFile(content.Stream, context.Options.Limits.LargestWhole);
        file.Fault += fault => context.Reject(content, fault);
        var (number, payloads) = (0, 0);
        foreach (var record in file.Records())
        {
            number++;
            if (record.Type is not ("response" or "resource" or "conversion") || record.Payload.Length == 0) continue;
            payloads++;
            var place = record.Url ?? $"record {number}";
            if (record.Fault is not null) context.Reject(content, record.Fault, place);
            if (record.Digests == DigestState.Wrong) context.Reject(content, "the digest is not that of the bytes", place);
            if (record.Status is < 200 or >= 300) context.Reject(content, $"HTTP status {record.Status}", place);
            if (record.Digests == DigestState.Wrong || record.Status is < 200 or >= 300) continue;
            var hints = new ContentHints { Url = record.Url, Date = record.Date, Encoding = record.Charset, MediaType = record.MediaType };
            var source = $"{content.Source}!{place}";
            foreach (var document in Guarded(source, () => new Content(source, new MemoryStream(record.Payload), context.Options.Limits, content.Depth + 1) { Hints = hints }, context))
                yield return document with { Id = $"{document.Id}#{number}" };
        }
        if (payloads == 0) context.Reject(content, $"none of its {number:N0} records holds a page or a file");
    }

    /// <summary>The reader of what the content is.</summary>
    private static IContentReader Reader(Content content, ReadingContext context)
    {
        var head = content.Head;
        if (EpubReader.Is(head) || content.Name.EndsWith(".epub", StringComparison.OrdinalIgnoreCase)) return new EpubReader();
        if (PdfReader.Is(head)) return new PdfReader();
        if (ParquetRecordReader.Is(head)) return new ParquetRecordReader();
        if (MailReader.IsMailbox(head) || MailReader.IsMessage(head)) return new MailReader();
        var begin = content.Decode(head[..Math.Min(head.Length, 1 << 14)], context.Options).TrimStart('\uFEFF');
        if (begin.Contains('\0') || begin.Count(c => c == '\uFFFD' || c < ' ' && c is not ('\n' or '\r' or '\t' or '\f' or '\x1B')) > begin.Length / 10) throw new DataException($"{content.Source}: it is no text and no format that is known here.");
        if (GutenbergReader.Is(head)) return new GutenbergReader();
        var root = XmlRules.Root(begin);
        if (root == "mediawiki") return new MediaWikiReader();
        if (root is not null && FeedReader.Is(root)) return new FeedReader();
        if (root is not null && StackExchangeReader.Is(root) && begin.Contains("<row", StringComparison.Ordinal)) return new StackExchangeReader();
        if (IsPage(begin, root, content)) return new PageReader();
        var name = CompressionStreams.Inside(content.Name);
        var first = begin.AsSpan().TrimStart();
        if (first.Length > 1 && (first[0] is '{' or '[' && first[1..].TrimStart() is var inside && (inside.IsEmpty || inside[0] is '"' or '{' or '[' or '}' or ']' || char.IsAsciiDigit(inside[0])) || first.StartsWith("window.YTD"))) return new JsonRecordReader();
        if (name.EndsWith(".md", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".markdown", StringComparison.OrdinalIgnoreCase)) return new MarkdownReader();
        if (name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tab", StringComparison.OrdinalIgnoreCase)) return new CsvReader();
        if (!name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) && CsvDialect.Find(begin, content.IsWhole) is { HasHeader: true } dialect && new CsvLines(new StringReader(begin), dialect.Delimiter).Next() is { } names && RecordFields.KnowsAny(names)) return new CsvReader();
        return new PlainTextReader();
    }

    private static bool IsPage(string begin, string? root, Content content) => root is not null && (root.Equals("html", StringComparison.OrdinalIgnoreCase) || begin.AsSpan(0, Math.Min(begin.Length, 4096)).Contains("<body", StringComparison.OrdinalIgnoreCase) || begin.AsSpan(0, Math.Min(begin.Length, 4096)).Contains("<head", StringComparison.OrdinalIgnoreCase))
        || begin.AsSpan().TrimStart().StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || content.Hints.MediaType is "text/html" or "application/xhtml+xml"
        || root is not null && (content.Name.EndsWith(".html", StringComparison.OrdinalIgnoreCase) || content.Name.EndsWith(".htm", StringComparison.OrdinalIgnoreCase));
}
