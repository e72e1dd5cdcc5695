using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loquat.Text.Collection;

/// <summary>
/// What reading all files of a text once tells about it. Remembered with each file's path, size and time, it need not be read again while these stay the same.
/// </summary>
/// <param name="Hash">Of all documents, in hexadecimal.</param>
/// <param name="Bytes">UTF-8 bytes of the documents.</param>
/// <param name="Documents">Documents in all files.</param>
/// <param name="Distinct">Different documents, by how they begin, counted up to <see cref="MostCounted"/>.</param>
internal sealed record TextScan(string Hash, long Bytes, long Documents, int Distinct)
{
    /// <summary>More different documents than this need not be told apart.</summary>
    public const int MostCounted = 1000;

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    // File systems keep times in steps of up to a hundredth of a second, some in whole seconds: a file written in the very step in which it is read may change unseen.
    private static readonly TimeSpan _fineStep = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _wholeSeconds = TimeSpan.FromSeconds(3);

    /// <summary>Reads the files, or takes over what is remembered of the very same ones.</summary>
    /// <param name="memory">From an earlier call; null or unreadable: nothing is remembered.</param>
    /// <returns>The scan, and what to remember; null where a file is too new to tell a later change by its time.</returns>
    /// <param name="reader">Reads a file.</param>
    /// <param name="skipped">Told of the parts that gave no document, where the files are read.</param>
    public static (TextScan Scan, string? Memory) Of(IReadOnlyList<string> files, string? memory, ITextFiles reader, Action<string, string>? skipped = null, CancellationToken cancellation = default)
    {
        var (before, now) = (Stamps(files), TimeProvider.System.GetUtcNow().UtcDateTime);
        if (Parse(memory) is { } known && (known.Reader ?? "") == reader.Name && known.Files.SequenceEqual(before)) return (known.Scan, memory);
        var scan = Read(files.SelectMany(file => reader.Read(file, skipped)), cancellation);
        var settled = before.All(file => now - file.Changed > (file.Changed.Ticks % TimeSpan.TicksPerSecond == 0 ? _wholeSeconds : _fineStep)) && Stamps(files).SequenceEqual(before);
        return (scan, settled ? JsonSerializer.Serialize(new Remembered(before, scan, reader.Name.Length > 0 ? reader.Name : null), _json) : null);
    }

    private static TextScan Read(IEnumerable<TextDocument> text, CancellationToken cancellation)
    {
        var hash = new XxHash128();
        var (bytes, documents, begins) = (0L, 0L, true);
        var distinct = new HashSet<ulong>();
        foreach (var document in text)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.Append(MemoryMarshal.AsBytes(document.Text.AsSpan()));
            hash.Append([document.Ends ? (byte)1 : (byte)0]);
            bytes += Encoding.UTF8.GetByteCount(document.Text);
            if (begins && distinct.Count < MostCounted) distinct.Add(XxHash3.HashToUInt64(MemoryMarshal.AsBytes(document.Text.AsSpan())));
            begins = document.Ends;
            if (document.Ends) documents++;
        }
        return new(Convert.ToHexString(hash.GetCurrentHash()), bytes, documents, distinct.Count);
    }

    private static Stamp[] Stamps(IReadOnlyList<string> files)
    {
        return [.. files.Select(path => new FileInfo(path)).Select(file => file.Exists
            ? new Stamp(file.FullName, file.Length, file.LastWriteTimeUtc)
            : throw new DataException($"{file.FullName}: cannot be read: it is not there any more."))];
    }

    private static Remembered? Parse(string? memory)
    {
        try
        {
            return memory is null || JsonSerializer.Deserialize<Remembered>(memory, _json) is not { Files: not null, Scan: { Hash: not null, Distinct: > 0 } } known ? null : known;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Remembered(Stamp[] Files, TextScan Scan, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reader = null);

    private sealed record Stamp(string Path, long Bytes, DateTime Changed);
}
