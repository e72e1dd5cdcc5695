using System.Text;
using System.Text.Unicode;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>What bytes of text are encoded in.</summary>
/// <param name="Encoding">Puts U+FFFD in place of bytes that mean nothing.</param>
/// <param name="Preamble">Bytes of the byte order mark, which are no text.</param>
public readonly record struct DetectedCharset(Encoding Encoding, int Preamble)
{
    /// <summary>Its name in lower case: `utf-8`, `windows-1252`, `shift_jis`.</summary>
    public string Name => Encoding.WebName.ToLowerInvariant();
}

/// <summary>
/// Finds the encoding of text by its bytes: byte order marks and escape sequences, then UTF-8, then what the text declares, then the reading that somebody is most likely to have written.
/// </summary>
public static class CharsetDetector
{
    /// <summary>Bytes that are looked at, of those that are not plain ASCII.</summary>
    private const int LongestSample = 1 << 14;

    /// <summary>How much more likely another reading must be to be taken instead of what a text declares, in natural logarithms for each character beyond ASCII.</summary>
    private const float TrustInDeclaration = 1.5f;

    // In the order of how common they are: of readings alike, the first is taken.
    private static readonly string[] _candidates =
    [
        "windows-1252", "windows-1251", "932", "54936", "949", "950", "51932", "windows-1250", "iso-8859-2", "windows-1254", "windows-1253", "iso-8859-7", "windows-1255", "windows-1256", "windows-1257", "windows-1258", "windows-874",
        "20866", "21866", "866", "iso-8859-5", "10007", "iso-8859-15", "10000", "850", "437", "852", "10029", "iso-8859-3", "iso-8859-4", "iso-8859-13", "iso-8859-10", "iso-8859-14", "iso-8859-16", "iso-8859-6", "iso-8859-8",
        "1361", "euc-tw", "viscii", "855", "862", "864", "737", "857", "775", "865", "861", "863", "860", "720", "koi8-t", "armscii-8",
    ];

    private static readonly Lazy<Encoding[]> _encodings = new(() => [.. _candidates.Select(name => CharsetNames.Find(name)!)]);

    /// <summary>Finds the encoding.</summary>
    /// <param name="bytes">The text, or how it begins.</param>
    /// <param name="declared">What its source says it is in; null: what it says itself, as `charset=` or `encoding=`.</param>
    public static DetectedCharset Detect(ReadOnlySpan<byte> bytes, string? declared = null)
    {
        if (Marked(bytes) is { } marked) return marked;
        if (bytes.Contains((byte)0x1B) && Escaped(bytes) is { } escaped) return new(escaped, 0);
        if (bytes.IndexOf("~{"u8) >= 0 && Ascii.IsValid(bytes) && IsHz(bytes)) return new(CharsetNames.Page(52936), 0);
        // Half of a wide text's bytes are often zero; in others a zero is an accident.
        if (bytes.Contains((byte)0) && bytes.Count((byte)0) > bytes.Length / 50 && Wide(bytes) is { } wide) return new(wide, 0);
        var whole = WholeCharacters(bytes);
        if (Utf8.IsValid(whole)) return new(new UTF8Encoding(false), 0);
        if (bytes.Contains((byte)0x0E) && bytes.IndexOf("\x1B$)C"u8) >= 0) return new(CharsetNames.Page(50225), 0);
        return new(Likeliest(bytes, (declared ?? DeclaredCharset.Find(bytes)) is { } name ? CharsetNames.Find(name) : null), 0);
    }

    /// <summary>The whole text, by the encoding that <see cref="Detect"/> finds or <paramref name="declared"/> suggests.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string? declared = null)
    {
        var charset = Detect(bytes, declared);
        return charset.Encoding.GetString(bytes[charset.Preamble..]);
    }

    private static DetectedCharset? Marked(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) return new(new UTF8Encoding(false), 3);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) && bytes.Length % 4 == 0) return new(new UTF32Encoding(false, false), 4);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF])) return new(new UTF32Encoding(true, false), 4);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return new(new UnicodeEncoding(false, false), 2);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return new(new UnicodeEncoding(true, false), 2);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x84, 0x31, 0x95, 0x33])) return new(CharsetNames.Page(54936), 4);
        return null;
    }

    private static Encoding? Escaped(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("\x1B$)C"u8) >= 0) return CharsetNames.Page(50225);
        return bytes.IndexOf("\x1B$B"u8) >= 0 || bytes.IndexOf("\x1B$@"u8) >= 0 || bytes.IndexOf("\x1B(J"u8) >= 0 || bytes.IndexOf("\x1B$(D"u8) >= 0 ? CharsetNames.Page(50222) : null;
    }

    private static bool IsHz(ReadOnlySpan<byte> bytes)
    {
        var begin = bytes.IndexOf("~{"u8);
        var length = bytes[begin..].IndexOf("~}"u8);
        return length > 2 && length % 2 == 0 && bytes.Slice(begin + 2, length - 2).IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0;
    }

    /// <summary>UTF-16 or UTF-32 without a mark: what gives a likely text without invalid characters.</summary>
    private static Encoding? Wide(ReadOnlySpan<byte> bytes)
    {
        var sample = bytes[..(Math.Min(bytes.Length, 4096) & ~3)];
        var (best, score) = ((Encoding?)null, float.NegativeInfinity);
        Encoding[] wide = bytes.Length >= 4 ? [new UTF32Encoding(false, false), new UTF32Encoding(true, false), new UnicodeEncoding(false, false), new UnicodeEncoding(true, false)] : [new UnicodeEncoding(false, false), new UnicodeEncoding(true, false)];
        if (sample.Length == 0) sample = bytes[..(bytes.Length & ~1)];
        foreach (var encoding in wide)
        {
            var text = encoding.GetString(sample);
            if (text.Contains('\0') || text.Count(c => c == '\uFFFD') > text.Length / 50 || text.Length == 0) continue;
            var likelihood = TextLikelihood.Of(text).Score;
            if (likelihood > score) (best, score) = (encoding, likelihood);
        }
        return best;
    }

    private static Encoding Likeliest(ReadOnlySpan<byte> bytes, Encoding? declared)
    {
        var sample = Sample(bytes);
        var beyond = 0;
        foreach (var value in sample)
            if (value >= 0x80) beyond++;
        var (best, score) = ((Encoding)new UTF8Encoding(false), Damaged(sample));
        if (declared is not null)
        {
            var likelihood = TextLikelihood.Of(declared.GetString(sample)).Score + TrustInDeclaration * beyond;
            if (likelihood > score) (best, score) = (declared, likelihood);
        }
        foreach (var encoding in _encodings.Value)
        {
            var likelihood = TextLikelihood.Of(encoding.GetString(sample)).Score;
            if (likelihood > score) (best, score) = (encoding, likelihood);
        }
        return best;
    }

    /// <summary>The score of a text that is UTF-8 but for some damaged places.</summary>
    private static float Damaged(ReadOnlySpan<byte> sample)
    {
        var (valid, invalid) = (0, 0);
        for (var rest = sample; rest.Length > 0;)
        {
            var status = Rune.DecodeFromUtf8(rest, out _, out var length);
            if (status != System.Buffers.OperationStatus.Done) invalid++;
            else if (length > 1) valid++;
            rest = rest[length..];
        }
        // Bytes of a legacy encoding make a valid sequence by chance only: a few of them prove UTF-8.
        return valid > 0 && valid * 4 >= invalid ? TextLikelihood.Of(Encoding.UTF8.GetString(sample)).Score + 8f * valid : float.NegativeInfinity;
    }


    /// <summary>The lines that hold bytes beyond ASCII, up to <see cref="LongestSample"/> bytes.</summary>
    private static byte[] Sample(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= LongestSample / 4) return bytes.ToArray();
        var sample = new List<byte>(LongestSample);
        for (var rest = bytes; rest.Length > 0 && sample.Count < LongestSample;)
        {
            var end = rest.IndexOf((byte)'\n') + 1;
            if (end == 0) end = rest.Length;
            var line = rest[..end];
            if (!Ascii.IsValid(line))
            {
                // Of a long line, around the first byte beyond ASCII.
                var first = line.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
                var begin = line.Length > LongestSample ? Math.Max(0, first - 64) : 0;
                sample.AddRange(line.Slice(begin, Math.Min(line.Length - begin, LongestSample - sample.Count)));
            }
            rest = rest[end..];
        }
        return [.. sample];
    }

    // The last character may be cut off by the end of what was read.
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.Length;
        for (var back = 1; back <= 3 && back <= bytes.Length; back++)
        {
            if ((bytes[^back] & 0xC0) == 0x80) continue;
            if (bytes[^back] >= 0xC0 && Rune.DecodeFromUtf8(bytes[^back..], out _, out _) == System.Buffers.OperationStatus.NeedMoreData) end -= back;
            break;
        }
        return bytes[..end];
    }
}
