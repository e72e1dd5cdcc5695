using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Loquat.Corpus.Collection.Web;

/// <summary>Reads the records of a WARC (0.17 to 1.1) or ARC file. Behind a damaged record it goes on at the next that begins as one.</summary>
/// <param name="stream">Expanded.</param>
/// <param name="largest">Bytes of a record that are held; the rest of a larger one is passed over.</param>
internal sealed class WarcFile(Stream stream, int largest)
{
    private const int LongestHeaders = 1 << 18;

    private byte[] _buffer = new byte[1 << 16];
    private int _begin;
    private int _end;
    private bool _ended;

    /// <summary>What was wrong where a record was expected; told once for each place.</summary>
    public event Action<string>? Fault;

    public IEnumerable<WarcRecord> Records()
    {
        while (Resynchronize())
        {
            var at = FindHeaderEnd();
            if (at < 0)
            {
                Fault?.Invoke("a record's headers have no end");
                yield break;
            }
            var isArc = !Buffered.StartsWith("WARC/"u8);
            var record = isArc ? Arc(at) : Warc(at);
            if (record is not null) yield return record;
        }
    }

    private ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_begin, _end - _begin);

    private WarcRecord? Warc(int length)
    {
        var headers = HeaderLines.Parse(Buffered[..length], out _)!;
        _begin += length;
        if (!long.TryParse(headers["Content-Length"], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            Fault?.Invoke($"the record {headers["WARC-Record-ID"]} states no Content-Length");
            return null;
        }
        var block = Block(size, out var fault);
        var type = headers["WARC-Type"]?.ToLowerInvariant() ?? "unknown";
        var mediaType = headers["Content-Type"];
        return Record(type, headers["WARC-Target-URI"]?.Trim('<', '>'), headers["WARC-Date"], headers["WARC-Record-ID"]?.Trim('<', '>'), mediaType, block, headers["WARC-Block-Digest"], headers["WARC-Payload-Digest"], fault);
    }

    private WarcRecord? Arc(int length)
    {
        var end = Buffered.IndexOf((byte)'\n');
        var parts = Encoding.UTF8.GetString(Buffered[..end]).TrimEnd('\r').Split(' ');
        _begin += end + 1;
        if (parts.Length < 5 || !long.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)) return null;
        var block = Block(size, out var fault);
        var isInfo = parts[0].StartsWith("filedesc:", StringComparison.Ordinal);
        return Record(isInfo ? "warcinfo" : "response", parts[0], parts[2], null, isInfo ? "text/plain" : "application/http", block, null, null, fault);
    }

    private WarcRecord Record(string type, string? url, string? date, string? id, string? mediaType, byte[] block, string? blockDigest, string? payloadDigest, string? fault)
    {
        var isHttp = type is "response" or "request" or "revisit" && block.AsSpan().IndexOf("HTTP/"u8) is >= 0 and < 2048;
        if (!isHttp) return new(type, url, date, id, null, Media(mediaType), Charset(mediaType), mediaType, block, Check((blockDigest, block), (type is "resource" or "metadata" ? payloadDigest : null, block)), fault);
        var headers = HeaderLines.Parse(block, out var length)!;
        var raw = block.AsSpan(length);
        var body = HttpBody.Decode(raw, headers["Transfer-Encoding"], headers["Content-Encoding"], out var unchunked, out var bodyFault, largest);
        var status = type == "request" ? null : headers.First.Split(' ') is { Length: > 1 } words && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : (int?)null;
        if (type == "revisit") payloadDigest = null; // that of the record it repeats
        var payload = Check((payloadDigest, raw.ToArray()));
        if (payload == DigestState.Wrong && payloadDigest is not null) payload = Check((payloadDigest, unchunked)) == DigestState.Right || Check((payloadDigest, body)) == DigestState.Right ? DigestState.Right : DigestState.Wrong;
        var digests = (Check((blockDigest, block)), payload) switch
        {
            (DigestState.Wrong, _) or (_, DigestState.Wrong) => DigestState.Wrong,
            (DigestState.None, DigestState.None) => DigestState.None,
            _ => DigestState.Right,
        };
        return new(type, url, date, id, status, Media(headers["Content-Type"]), Charset(headers["Content-Type"]), headers["Content-Type"], body, digests, fault ?? bodyFault);
    }

    private static string? Media(string? contentType) => contentType?.Split(';')[0].Trim().ToLowerInvariant() is { Length: > 0 } media ? media : null;

    private static string? Charset(string? contentType) => contentType is not null && contentType.IndexOf("charset=", StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? contentType[(at + 8)..].Split(';')[0].Trim().Trim('"', '\'') : null;

    private static DigestState Check(params (string? Digest, byte[] Bytes)[] stated)
    {
        var state = DigestState.None;
        foreach (var (digest, bytes) in stated)
        {
            if (digest?.IndexOf(':') is not (> 0 and var colon)) continue;
            byte[]? hash = digest[..colon].ToLowerInvariant().Replace("-", "") switch
            {
#pragma warning disable CA5350, CA5351 // the format's own digests; they find damage, not enemies
                "sha1" => SHA1.HashData(bytes),
                "md5" => MD5.HashData(bytes),
#pragma warning restore CA5350, CA5351
                "sha256" => SHA256.HashData(bytes),
                "sha512" => SHA512.HashData(bytes),
                _ => null,
            };
            if (hash is null) continue;
            var value = digest[(colon + 1)..].Trim();
            var right = value.Equals(Convert.ToHexString(hash), StringComparison.OrdinalIgnoreCase) || value.TrimEnd('=').Equals(Base32(hash), StringComparison.OrdinalIgnoreCase) || value.Replace('-', '+').Replace('_', '/').TrimEnd('=') == Convert.ToBase64String(hash).TrimEnd('=');
            if (!right) return DigestState.Wrong;
            state = DigestState.Right;
        }
        return state;
    }

    private static string Base32(byte[] bytes)
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var value in bytes)
        {
            (bits, count) = (bits << 8 | value, count + 8);
            for (; count >= 5; count -= 5) text.Append(Digits[bits >> (count - 5) & 31]);
            bits &= (1 << count) - 1;
        }
        if (count > 0) text.Append(Digits[bits << (5 - count) & 31]);
        return text.ToString();
    }

    /// <summary>Goes to the next place where a record begins; false at the end.</summary>
    private bool Resynchronize()
    {
        var passed = 0L;
        while (true)
        {
            while (_begin < _end && _buffer[_begin] is (byte)'\r' or (byte)'\n') _begin++;
            if (_end - _begin < 16) Fill(16);
            if (_begin >= _end) return false;
            if (_buffer[_begin] is (byte)'\r' or (byte)'\n') continue;
            if (Buffered.StartsWith("WARC/"u8) || IsArc()) break;
            var next = Buffered[1..].IndexOf("\nWARC/"u8);
            var skipped = next >= 0 ? next + 2 : Math.Max(1, _end - _begin - 8);
            passed += skipped;
            _begin += skipped;
            if (next < 0 && !Fill(1 << 15) && _end - _begin <= 8)
            {
                if (passed > 0) Fault?.Invoke($"{passed + _end - _begin:N0} bytes are no record");
                return false;
            }
        }
        if (passed > 0) Fault?.Invoke($"{passed:N0} bytes before a record are none");
        return true;
    }

    private bool IsArc()
    {
        if (!(Buffered.StartsWith("http"u8) || Buffered.StartsWith("filedesc:"u8) || Buffered.StartsWith("dns:"u8))) return false;
        Fill(4096);
        var end = Buffered.IndexOf((byte)'\n');
        return end > 0 && end < 4096 && Encoding.UTF8.GetString(Buffered[..end]).TrimEnd('\r').Split(' ') is { Length: >= 5 } parts && parts[^1].All(char.IsAsciiDigit) && parts[2].All(char.IsAsciiDigit);
    }

    /// <returns>The length of the headers with the empty line behind them; negative where there is none.</returns>
    private int FindHeaderEnd()
    {
        for (var wanted = 4096; ; wanted *= 2)
        {
            var more = Fill(wanted);
            var crlf = Buffered.IndexOf("\r\n\r\n"u8);
            var lf = Buffered.IndexOf("\n\n"u8);
            if (crlf >= 0 && (lf < 0 || crlf < lf)) return crlf + 4;
            if (lf >= 0) return lf + 2;
            if (!more || wanted > LongestHeaders) return -1;
        }
    }

    private byte[] Block(long size, out string? fault)
    {
        fault = null;
        var kept = new byte[(int)Math.Min(Math.Min(size, largest), 1 << 20)];
        var (length, left) = (0, size);
        while (left > 0)
        {
            if (_begin == _end && !Fill(1)) break;
            var count = (int)Math.Min(left, _end - _begin);
            var room = Math.Min(count, largest - length);
            if (room > 0)
            {
                if (length + room > kept.Length) Array.Resize(ref kept, (int)Math.Min(largest, Math.Max(2L * kept.Length, length + room)));
                Buffered[..room].CopyTo(kept.AsSpan(length));
                length += room;
            }
            _begin += count;
            left -= count;
        }
        if (left > 0) fault = $"the record ends {left:N0} bytes too early";
        else if (size > largest) fault = $"the record has {size:N0} bytes; {largest:N0} are the most that are held";
        return length == kept.Length ? kept : kept[..length];
    }

    /// <summary>Reads until so many bytes are there; false at the end of the stream.</summary>
    private bool Fill(int wanted)
    {
        if (_end - _begin >= wanted) return true;
        Buffered.CopyTo(_buffer);
        (_begin, _end) = (0, _end - _begin);
        if (wanted > _buffer.Length) Array.Resize(ref _buffer, wanted * 2);
        while (_end < wanted && !_ended)
        {
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _ended = read == 0;
            _end += read;
        }
        return _end >= wanted;
    }
}
