using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Loquat.Corpus.Collection.Web;

/// <summary>Makes records of WARC 1.1 (ISO 28500:2017), each a member of gzip of its own, so that a record can be cut out of a file and put into another.</summary>
internal static class WarcWriter
{
    /// <summary>The record that a file begins with.</summary>
    public static byte[] Info(string software, DateTimeOffset date) =>
        Record("warcinfo", null, date, "application/warc-fields", Encoding.UTF8.GetBytes($"software: {software}\r\nformat: WARC File Format 1.1\r\nrobots: obey\r\n"), null);

    /// <summary>An answer of HTTP.</summary>
    /// <param name="body">As the headers say: content encodings stand, the transfer encoding does not.</param>
    public static byte[] Response(string address, DateTimeOffset date, int status, string reason, IEnumerable<(string Name, string Value)> headers, ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {reason}\r\n");
        foreach (var (name, value) in headers) text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        var block = (byte[])[.. Encoding.UTF8.GetBytes(text.Append("\r\n").ToString()), .. body];
        return Record("response", address, date, "application/http;msgtype=response", block, Digest(body));
    }

    private static byte[] Record(string type, string? address, DateTimeOffset date, string contentType, byte[] block, string? payloadDigest)
    {
        var at = date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        // Named by what it is: the same answer at the same second is the same record.
        var id = new Guid(SHA256.HashData([.. Encoding.UTF8.GetBytes($"{type} {address} {at} "), .. SHA256.HashData(block)])[..16]);
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"WARC/1.1\r\nWARC-Type: {type}\r\nWARC-Record-ID: <urn:uuid:{id}>\r\nWARC-Date: {at}\r\n");
        if (address is not null) head.Append(CultureInfo.InvariantCulture, $"WARC-Target-URI: {address}\r\n");
        if (payloadDigest is not null) head.Append(CultureInfo.InvariantCulture, $"WARC-Payload-Digest: {payloadDigest}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"WARC-Block-Digest: {Digest(block)}\r\nContent-Type: {contentType}\r\nContent-Length: {block.Length}\r\n\r\n");
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(head.ToString()));
            gzip.Write(block);
            gzip.Write("\r\n\r\n"u8);
        }
        return bytes.ToArray();
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}
