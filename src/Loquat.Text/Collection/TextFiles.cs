using System.Buffers;
using System.Text;

namespace Loquat.Text.Collection;

/// <summary>
/// Reads UTF-8 text files as documents, in blocks, however large. A line `&lt;|endoftext|&gt;` ends a document, and so does the end of a
/// file. A document longer than <see cref="LongestPart"/> comes in parts, cut at a line end or space where there is one.
/// </summary>
public static class TextFiles
{
    /// <summary>The line that ends a document inside a file.</summary>
    public const string Separator = Stories.StoryCorpus.SeparatorLine;

    /// <summary>Characters of the longest part of a document.</summary>
    public const int LongestPart = 1 << 20;

    private const int BlockBytes = 1 << 18;

    private static readonly SearchValues<char> _cuts = SearchValues.Create(" \n\t");

    /// <summary>
    /// The text files that a path names: itself, or all files below a folder in ordinal order of their paths, hidden and empty ones left out. An image or other binary file between texts is
    /// left out too, and told.
    /// </summary>
    /// <param name="selection">Which files of a folder. Default: all.</param>
    /// <param name="skipped">Told the path and the reason of each file left out because it is no text.</param>
    /// <param name="isKnown">Tells of a binary file that it is a source that the caller reads. Default: none is.</param>
    /// <exception cref="DataException">There is no such file, or no text in the folder.</exception>
    /// <exception cref="OptionsException">The path is a file and there is a selection.</exception>
    public static IReadOnlyList<string> Find(string path, TextFileSelection? selection = null, Action<string, string>? skipped = null, Func<string, bool>? isKnown = null)
    {
        selection ??= TextFileSelection.All;
        try
        {
            if (File.Exists(path)) return selection.Selects ? throw new OptionsException($"{path} is a file; {selection} chooses among the files of a folder. Leave it out, or name the folder.") : [path];
            if (!Directory.Exists(path)) throw new DataException($"{path}: there is no such file or folder. Give a UTF-8 text file, a folder of them, or - for standard input.");
            var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
            var all = Directory.EnumerateFiles(path, "*", options).Where(f => new FileInfo(f).Length > 0).Order(StringComparer.Ordinal).ToList();
            if (all.Count == 0) throw new DataException($"{path}: the folder holds no text. Put UTF-8 text files into it.");
            var chosen = all.Where(f => selection.Takes(Path.GetRelativePath(path, f).Replace(Path.DirectorySeparatorChar, '/'))).ToList();
            if (chosen.Count == 0) throw new DataException($"{path}: none of its {all.Count:N0} files fits {selection}; there is, for example, {Path.GetRelativePath(path, all[0])}.");
            var texts = new List<string>(chosen.Count);
            string? first = null;
            foreach (var file in chosen)
            {
                if (BinaryContent.Find(file) is not { } reason || isKnown?.Invoke(file) == true)
                {
                    texts.Add(file);
                    continue;
                }
                first ??= $"{file}: {reason}";
                skipped?.Invoke(file, reason);
            }
            return texts.Count > 0 ? texts : throw new DataException($"{path}: the folder holds no text; {first}. Put UTF-8 text files into it.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Files left out, a line each; of many the first few and how many more.</summary>
    public static IEnumerable<string> Notes(IReadOnlyCollection<(string Path, string Reason)> skipped)
    {
        const int Shown = 5;
        var lines = skipped.Take(Shown).Select(file => $"{file.Path}: skipped: {file.Reason}");
        return skipped.Count > Shown ? lines.Append($"and {skipped.Count - Shown:N0} more") : lines;
    }

    /// <summary>The documents of a file. White space alone is no document.</summary>
    /// <exception cref="DataException">It cannot be read, or is not UTF-8 text.</exception>
    public static IEnumerable<TextDocument> Read(string path)
    {
        var text = new StringBuilder();
        var begun = false;
        foreach (var line in Lines(path))
        {
            if (line.AsSpan().TrimEnd("\r\n") is Separator)
            {
                // The line end before a separator belongs to the separator.
                if (text.Length > 0 && text[^1] == '\n') text.Length--;
                if (Whole(text, begun) is { } document) yield return document;
                begun = false;
                continue;
            }
            text.Append(line);
            while (text.Length > LongestPart)
            {
                yield return new TextDocument(Cut(text), Ends: false);
                begun = true;
            }
        }
        if (Whole(text, begun) is { } last) yield return last;
    }

    /// <summary>A document, in parts where it is long. White space alone is none.</summary>
    public static IEnumerable<TextDocument> Parts(string document)
    {
        if (document.Length <= LongestPart) return string.IsNullOrWhiteSpace(document) ? [] : [new TextDocument(document)];
        return Divided(new StringBuilder(document));
    }

    private static IEnumerable<TextDocument> Divided(StringBuilder text)
    {
        while (text.Length > LongestPart) yield return new TextDocument(Cut(text), Ends: false);
        yield return new TextDocument(text.ToString());
    }

    private static TextDocument? Whole(StringBuilder text, bool begun)
    {
        var whole = text.ToString();
        text.Clear();
        if (begun) return new TextDocument(whole.Length > 0 ? whole : "\n");
        return string.IsNullOrWhiteSpace(whole) ? null : new TextDocument(whole);
    }

    private static string Cut(StringBuilder text)
    {
        var part = text.ToString(0, LongestPart);
        var at = part.AsSpan(LongestPart / 2).LastIndexOf('\n');
        if (at < 0) at = part.AsSpan(LongestPart / 2).LastIndexOfAny(_cuts);
        var length = at >= 0 ? LongestPart / 2 + at : LongestPart;
        // White space goes with the word after it, as tokenizers have it; a surrogate pair stays whole.
        if (char.IsHighSurrogate(part[length - 1])) length--;
        text.Remove(0, length);
        return part[..length];
    }

    /// <summary>Lines with their ends, as far as they are short: pieces of long ones as they come.</summary>
    private static IEnumerable<string> Lines(string path)
    {
        using var file = Open(path);
        var decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
        var bytes = new byte[BlockBytes];
        var characters = new char[BlockBytes + 1];
        var pending = "";
        long offset = 0;
        while (true)
        {
            var count = Fill(path, file, bytes);
            var decoded = Decode(path, decoder, bytes.AsSpan(0, count), characters, last: count < bytes.Length, offset);
            var start = offset == 0 && decoded > 0 && characters[0] == '\uFEFF' ? 1 : 0;
            offset += count;
            var block = pending + new string(characters, start, decoded - start);
            pending = "";
            for (int at = 0, end; at < block.Length; at = end)
            {
                end = block.IndexOf('\n', at) + 1;
                if (end > 0)
                {
                    yield return block[at..end];
                    continue;
                }
                end = block.Length;
                // A line's end may follow in the next block; only a line longer than a separator is given out before it.
                if (end - at > 2 * Separator.Length) yield return block[at..];
                else pending = block[at..];
            }
            if (count == bytes.Length) continue;
            if (pending.Length > 0) yield return pending;
            yield break;
        }
    }

    private static int Decode(string path, Decoder decoder, ReadOnlySpan<byte> bytes, char[] characters, bool last, long offset)
    {
        if (bytes.IndexOf((byte)0) is var zero and >= 0) throw NotText(path, offset + zero, "a zero byte");
        try
        {
            return decoder.GetChars(bytes, characters, flush: last);
        }
        catch (DecoderFallbackException error)
        {
            throw NotText(path, offset + Math.Max(0, error.Index), $"bytes {Convert.ToHexString(error.BytesUnknown ?? [])}");
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static int Fill(string path, FileStream file, byte[] bytes)
    {
        try
        {
            return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static DataException NotText(string path, long offset, string what) =>
        new($"{path}: not UTF-8 text: {what} at offset {offset:N0}. Convert it to UTF-8 (iconv -t UTF-8), or leave it out (in a folder: exclude).");
}
