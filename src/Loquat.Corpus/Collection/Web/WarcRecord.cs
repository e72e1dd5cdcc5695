using System.Text;

namespace Loquat.Corpus.Collection.Web;

/// <summary>Whether the digests of a record are those of its bytes.</summary>
internal enum DigestState
{
    /// <summary>It states none that could be checked.</summary>
    None,
    Right,
    Wrong,
}

/// <summary>A record of a WARC or ARC file.</summary>
/// <param name="Type">`response`, `resource`, `request`, `warcinfo`, `metadata`, `conversion`, `revisit`.</param>
/// <param name="Status">Of HTTP; null where the record is no message of HTTP.</param>
/// <param name="MediaType">Of the payload, without its parameters.</param>
/// <param name="Charset">That the payload is declared to be in.</param>
/// <param name="ContentType">As stated, with its parameters: of the message of HTTP, else of the record.</param>
/// <param name="Payload">Transfer and content encodings undone; a view that lives until the next record.</param>
internal sealed record WarcRecord(string Type, string? Url, string? Date, string? Id, int? Status, string? MediaType, string? Charset, string? ContentType, byte[] Payload, DigestState Digests, string? Fault);

/// <summary>Headers of WARC and HTTP: names without case, values with folded lines joined.</summary>
internal sealed class HeaderLines
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The first line: a version or a status.</summary>
    public string First { get; private init; } = "";

    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Reads headers up to the empty line.</summary>
    /// <param name="length">Bytes of the headers, the empty line with them.</param>
    public static HeaderLines? Parse(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        HeaderLines? headers = null;
        string? name = null;
        while (length < bytes.Length)
        {
            var end = bytes[length..].IndexOf((byte)'\n');
            if (end < 0) end = bytes.Length - length;
            var line = Encoding.UTF8.GetString(bytes.Slice(length, end).TrimEnd((byte)'\r'));
            length = Math.Min(bytes.Length, length + end + 1);
            if (headers is null)
            {
                headers = new() { First = line };
                continue;
            }
            if (line.Length == 0) return headers;
            if (line[0] is ' ' or '\t' && name is not null) headers._values[name] += $" {line.Trim()}";
            else if (line.IndexOf(':') is > 0 and var colon)
            {
                name = line[..colon].Trim();
                headers._values[name] = line[(colon + 1)..].Trim();
            }
        }
        return headers;
    }
}
