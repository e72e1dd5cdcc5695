using System.IO.Hashing;
using System.Text;

namespace Loquat.Text.Collection;

/// <summary>How a text is divided into training and validation.</summary>
public enum SplitKind
{
    /// <summary>Whole documents, chosen by a hash of their content. A text of few documents is split by position.</summary>
    Document,

    /// <summary>The first part trains, the rest validates: nanoGPT's rule.</summary>
    Position,
}

/// <summary>Files of one's own as a corpus: plain text, or whatever a reader reads.</summary>
public sealed class FileTextCorpus : ITextCorpus
{
    /// <summary>With fewer different documents than this, a hash gives a share far from the one asked for.</summary>
    public const int FewestDocuments = 50;

    private readonly ITextFiles _reader;
    private readonly IReadOnlyList<string> _files;
    private readonly double _validationFraction;
    private readonly string _path;

    /// <param name="path">A file or folder; see <see cref="TextFiles.Find"/>.</param>
    /// <param name="validationFraction">Share of the text that validates. Above 0, below 1.</param>
    /// <param name="memory">The <see cref="Memory"/> of an earlier corpus: where its files have the same paths, sizes and times, they are not read to fingerprint them.</param>
    /// <param name="selection">Which files of a folder. Default: all.</param>
    /// <param name="reader">Finds the files and reads each. Default: UTF-8 text.</param>
    /// <param name="cancellation">Stops the first reading of the text.</param>
    /// <exception cref="DataException">Nothing there, not text, or so little that it cannot be split.</exception>
    public FileTextCorpus(string path, double validationFraction, SplitKind split, string? memory = null, TextFileSelection? selection = null, ITextFiles? reader = null, CancellationToken cancellation = default)
    {
        var skipped = new List<(string, string Reason)>();
        void Skip(string file, string reason) => skipped.Add((file, reason));
        _reader = reader ?? new PlainTextFiles();
        (_path, _files, _validationFraction) = (path, _reader.Find(path, selection, Skip), validationFraction);
        Skipped = skipped;
        (var scan, Memory) = TextScan.Of(_files, memory, _reader, Skip, cancellation);
        (Bytes, Documents) = (scan.Bytes, scan.Documents);
        if (Bytes == 0 && skipped.Count > 0) throw new DataException($"{path}: no text could be read: {skipped[0].Reason}{(skipped.Count > 1 ? $" (and {skipped.Count - 1:N0} more)" : "")}.");
        if (Bytes == 0) throw new DataException($"{path}: {(_files.Count == 1 ? "the file is empty" : "all files are empty")}. Give some text to learn from: a megabyte or more teaches a small model.");
        Split = Math.Min(Documents, scan.Distinct) < FewestDocuments ? SplitKind.Position : split;
        Fingerprint = $"files:{scan.Hash}:{validationFraction}:{Split}";
    }

    public string Description =>
        $"{_path}: {Bytes / 1e6:0.##} MB in {Documents:N0} document{(Documents == 1 ? "" : "s")}, split by {(Split == SplitKind.Document ? "document" : "position")}";

    public string Fingerprint { get; }

    public string? Memory { get; }

    /// <summary>Files, or parts of files, that gave no text, and why.</summary>
    public IReadOnlyList<(string Path, string Reason)> Skipped { get; }

    public IEnumerable<string> Notes => TextFiles.Notes(Skipped);

    public long Bytes { get; }

    public long Documents { get; }

    /// <summary>The split made: by position where there are fewer different documents than <see cref="FewestDocuments"/>: equal ones have one hash.</summary>
    public SplitKind Split { get; }

    public IEnumerable<TextDocument> Training() => Split == SplitKind.Document ? ByHash(validating: false) : ByPosition(validating: false);

    public IEnumerable<TextDocument> Validation() => Split == SplitKind.Document ? ByHash(validating: true) : ByPosition(validating: true);

    private IEnumerable<TextDocument> All() => _files.SelectMany(file => _reader.Read(file));

    private IEnumerable<TextDocument> ByHash(bool validating)
    {
        var parts = new List<TextDocument>();
        foreach (var part in All())
        {
            // A document's first part decides for all of it.
            if (parts.Count == 0) parts.Add(part);
            if (Validates(parts[0].Text) == validating) yield return part;
            if (part.Ends) parts.Clear();
        }
    }

    private bool Validates(string text) =>
        XxHash3.HashToUInt64(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan())) < _validationFraction * ulong.MaxValue;

    /// <summary>The cut falls on the character at or after the share, by UTF-8 bytes, so that a text of 1,115,394 ASCII bytes and 0.1 trains on 1,003,854.</summary>
    private IEnumerable<TextDocument> ByPosition(bool validating)
    {
        var left = (long)(Bytes * (1 - _validationFraction));
        foreach (var document in All())
        {
            if (left <= 0)
            {
                if (!validating) yield break;
                yield return document;
                continue;
            }
            var bytes = Encoding.UTF8.GetByteCount(document.Text);
            if (bytes <= left)
            {
                left -= bytes;
                if (!validating) yield return left == 0 ? document with { Ends = true } : document;
                continue;
            }
            var at = CharactersOf(document.Text, left);
            left = 0;
            if (!validating && at > 0) yield return new TextDocument(document.Text[..at]);
            if (validating && at < document.Text.Length) yield return document with { Text = document.Text[at..] };
        }
    }

    private static int CharactersOf(string text, long bytes)
    {
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((bytes -= rune.Utf8SequenceLength) < 0) break;
            at += rune.Utf16SequenceLength;
        }
        return at;
    }
}
