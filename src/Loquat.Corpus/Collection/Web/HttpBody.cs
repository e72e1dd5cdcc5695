using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Loquat.Corpus.Collection.Web;

/// <summary>Bodies of HTTP messages as they were stored: chunks put together, content encodings undone.</summary>
internal static class HttpBody
{
    private const long LargestExpansion = 250;
    private const int FreeExpansion = 16 << 20;

    /// <param name="unchunked">The bytes with the transfer encoding alone undone.</param>
    /// <param name="fault">What was wrong with an encoding; the bytes are as far as they could be read.</param>
    /// <param name="largest">Bytes that may come out.</param>
    public static byte[] Decode(ReadOnlySpan<byte> raw, string? transfer, string? content, out byte[] unchunked, out string? fault, int largest = int.MaxValue)
    {
        fault = null;
        unchunked = transfer is not null && transfer.Contains("chunked", StringComparison.OrdinalIgnoreCase) ? Unchunk(raw) : raw.ToArray();
        var body = unchunked;
        foreach (var encoding in (content ?? "").Split(',').Reverse())
        {
            try
            {
                body = encoding.Trim().ToLowerInvariant() switch
                {
                    "gzip" or "x-gzip" when body.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) => Expand(new GZipStream(new MemoryStream(body), CompressionMode.Decompress), body.Length, largest),
                    "deflate" when body.Length > 2 => Expand((body[0] & 0x0F) == 8 && (body[0] * 256 + body[1]) % 31 == 0 ? new ZLibStream(new MemoryStream(body), CompressionMode.Decompress) : new DeflateStream(new MemoryStream(body), CompressionMode.Decompress), body.Length, largest),
                    "br" when body.Length > 0 => Expand(new BrotliStream(new MemoryStream(body), CompressionMode.Decompress), body.Length, largest),
                    "zstd" when body.Length > 0 => Expand(new ZstdSharp.DecompressionStream(new MemoryStream(body)), body.Length, largest),
                    _ => body,
                };
            }
            catch (Exception error) when (error is InvalidDataException or IOException or InvalidOperationException or ZstdSharp.ZstdException)
            {
                fault = $"the body is not {encoding.Trim()}: {error.Message}";
            }
        }
        return body;
    }

    private static byte[] Expand(Stream stream, int packed, int largest)
    {
        using var expanded = new MemoryStream();
        using (stream)
        {
            var buffer = new byte[1 << 15];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                expanded.Write(buffer, 0, read);
                if (expanded.Length > largest) throw new InvalidDataException($"it expands to more than {largest:N0} bytes.");
                if (expanded.Length > FreeExpansion && expanded.Length / LargestExpansion > packed) throw new InvalidDataException($"it expands more than {LargestExpansion} times.");
            }
        }
        return expanded.ToArray();
    }

    /// <summary>The bytes of the chunks; what is not chunked stays as it is.</summary>
    private static byte[] Unchunk(ReadOnlySpan<byte> raw)
    {
        using var body = new MemoryStream();
        var rest = raw;
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end >= 0 ? Encoding.ASCII.GetString(rest[..Math.Min(end, 32)]).Split(';')[0].Trim() : "";
            if (!int.TryParse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size) || size < 0)
            {
                if (body.Length == 0) return raw.ToArray();
                break;
            }
            if (size == 0) break;
            rest = rest[(end + 1)..];
            body.Write(rest[..Math.Min(size, rest.Length)]);
            rest = rest[Math.Min(size, rest.Length)..];
            if (rest.StartsWith("\r\n"u8)) rest = rest[2..];
            else if (rest.StartsWith("\n"u8)) rest = rest[1..];
        }
        return body.ToArray();
    }
}
