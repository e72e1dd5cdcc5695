using Loquat.Corpus.Collection.Books;
using Loquat.Corpus.Collection.Reading;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Collection;

/// <summary>
/// Text to train on from files of any kind: plain UTF-8 text as it stands (<see cref="TextFiles"/>), and books, pages, dumps, posts, mail, tables and archives as <see cref="DocumentReader"/> reads them.
/// </summary>
/// <param name="options">How sources that are no plain text are read. Default: the defaults.</param>
public sealed class SourceFiles(ReadingOptions? options = null) : ITextFiles
{
    private const long MostKept = 64 << 20; // characters that are read once only
    private const int LongestReason = 200;

    private readonly Dictionary<string, List<TextDocument>> _kept = [];
    private long _characters;

    public string Name => "sources:1";

    /// <inheritdoc/>
    public IReadOnlyList<string> Find(string path, TextFileSelection? selection = null, Action<string, string>? skipped = null) => TextFiles.Find(path, selection, skipped, IsOther);

    /// <summary>Whether a file is another kind of source than plain text.</summary>
    public bool IsOther(string path)
    {
        try
        {
            return new DocumentReader(options).Kind(path) is { } kind && kind != typeof(PlainTextReader) && kind != typeof(GutenbergReader) && kind != typeof(MarkdownReader);
        }
        catch (Exception error) when (error is DataException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<TextDocument> Read(string path, Action<string, string>? skipped = null)
    {
        if (_kept.TryGetValue(path, out var known)) return known;
        return IsOther(path) ? Documents(path, skipped) : TextFiles.Read(path);
    }

    /// <summary>UTF-8 bytes of text in files, as far as that is soon known: of plain text the size of the file; others are read, up to so many bytes.</summary>
    /// <param name="enough">Bytes after which nothing more is read.</param>
    /// <param name="skipped">Told the place and the reason of each part that gave no document.</param>
    public long Measure(IReadOnlyList<string> files, long enough, Action<string, string>? skipped = null)
    {
        var bytes = 0L;
        foreach (var file in files)
        {
            if (!IsOther(file)) bytes += new FileInfo(file).Length;
            else
                foreach (var document in Read(file, skipped))
                    if ((bytes += System.Text.Encoding.UTF8.GetByteCount(document.Text)) >= enough) break;
            if (bytes >= enough) break;
        }
        return bytes;
    }

    private IEnumerable<TextDocument> Documents(string path, Action<string, string>? skipped)
    {
        var reader = new DocumentReader(options);
        reader.Rejected += one => skipped?.Invoke(one.Place is null ? one.Source : $"{one.Source}, {one.Place}", one.Reason.Length > LongestReason ? one.Reason[..LongestReason] : one.Reason);
        var all = new List<TextDocument>();
        var characters = 0L;
        foreach (var document in reader.Read(path))
            foreach (var part in TextFiles.Parts(document.Text))
            {
                if ((characters += part.Text.Length) + _characters <= MostKept) all.Add(part);
                yield return part;
            }
        if (_characters + characters > MostKept) yield break;
        _characters += characters;
        _kept[path] = all;
    }
}
