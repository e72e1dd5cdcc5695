using System.Text;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>
/// The one-byte encodings that UTF-8 is mistaken for. Windows' code pages are "sloppy", as browsers are: a byte without a character stands for the control character of its number, and byte 1A for U+FFFD, the
/// character of which nothing is known.
/// </summary>
internal sealed class SingleByteEncoding
{
    private const char Replacement = '\ufffd';
    private const byte ReplacementByte = 0x1a;

    private const int TableSize = 0x2600; // all characters but a few of MacRoman and U+FFFD are below

    private readonly char[] _characters = new char[256];
    private readonly byte[] _lowBytes = new byte[TableSize];
    private readonly Dictionary<char, byte> _bytes = [];

    private SingleByteEncoding(string name, int page)
    {
        Name = name;
        IsSloppy = name.StartsWith("sloppy", StringComparison.Ordinal);
        var encoding = page == 28591 ? Encoding.Latin1 : CodePagesEncodingProvider.Instance.GetEncoding(page)!;
        Span<char> character = stackalloc char[2];
        for (var b = 0; b < 256; b++)
        {
            var c = b < 0x80 ? (char)b : encoding.GetChars([(byte)b], character) == 1 ? character[0] : Replacement;
            // What Windows puts into the private use area, and .NET with it, has no character; MacRoman's omega is the Greek letter.
            if (c is >= '\uf8f0' and < '\uf8ff' or Replacement) c = (char)b;
            if (c == '\u2126') c = '\u03a9';
            if (b == ReplacementByte && IsSloppy) c = Replacement;
            _characters[b] = c;
            _bytes[c] = (byte)b;
            if (c < TableSize) _lowBytes[c] = (byte)b;
        }
    }

    public string Name { get; }

    public bool IsSloppy { get; }

    /// <summary>In the order in which they are tried.</summary>
    public static SingleByteEncoding[] All { get; } =
    [
        new("latin-1", 28591), new("sloppy-windows-1252", 1252), new("sloppy-windows-1251", 1251), new("sloppy-windows-1250", 1250), new("sloppy-windows-1253", 1253),
        new("sloppy-windows-1254", 1254), new("sloppy-windows-1257", 1257), new("iso-8859-2", 28592), new("macroman", 10000), new("cp437", 437),
    ];

    /// <summary>Those that resemble Latin-1 in the places of lead and continuation bytes.</summary>
    public static IEnumerable<SingleByteEncoding> LikeLatin1 => All.Where(e => e.IsSloppy || e.Name == "latin-1");

    private static readonly ushort[] _holders = Holders();

    /// <summary>A bit for each of <see cref="All"/> that has every character of the text.</summary>
    public static int Holding(ReadOnlySpan<char> text)
    {
        var all = (1 << All.Length) - 1;
        foreach (var c in text)
        {
            if (c < 0x80 && c != ReplacementByte) continue;
            if ((all &= _holders[c]) == 0) return 0;
        }
        return all;
    }

    private static ushort[] Holders()
    {
        var holders = new ushort[0x10000];
        for (var i = 0; i < All.Length; i++)
            foreach (var c in All[i]._bytes.Keys) holders[c] |= (ushort)(1 << i);
        return holders;
    }

    public char this[byte b] => _characters[b];

    /// <summary>The bytes of a text that the encoding holds.</summary>
    public byte[] Encode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            bytes[i] = c < 0x80 && c != ReplacementByte ? (byte)c : c < TableSize ? _lowBytes[c] : _bytes[c];
        }
        return bytes;
    }

    /// <summary>The character of Windows-1252 that a C1 control character was meant to be.</summary>
    public static char Windows1252(char control) => All[1]._characters[control];

    /// <summary>Whether Windows-1252 itself, not the sloppy one, has a character for the byte.</summary>
    public static bool IsInWindows1252(byte b) => b is not (0x81 or 0x8d or 0x8f or 0x90 or 0x9d);
}
