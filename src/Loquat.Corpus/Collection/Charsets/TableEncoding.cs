using System.Text;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>An encoding of single bytes given by a table; .NET has none of its own for these.</summary>
/// <param name="name">The name that IANA or the field gives it.</param>
/// <param name="high">What the bytes 80 to FF mean: 128 characters, U+FFFD where nothing.</param>
/// <param name="low">Bytes below 20 that mean a character, by their value.</param>
internal sealed class TableEncoding(string name, string high, params (byte Byte, char Character)[] low) : Encoding
{
    private readonly string _table = Table(high, low);

    public override string WebName => name;

    public override string EncodingName => name;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
    {
        for (var i = 0; i < charCount; i++)
        {
            var at = _table.IndexOf(chars[charIndex + i]);
            bytes[byteIndex + i] = at >= 0 ? (byte)at : (byte)'?';
        }
        return charCount;
    }

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        for (var i = 0; i < byteCount; i++) chars[charIndex + i] = _table[bytes[byteIndex + i]];
        return byteCount;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    private static string Table(string high, (byte Byte, char Character)[] low)
    {
        var table = new char[256];
        for (var i = 0; i < 128; i++) (table[i], table[128 + i]) = ((char)i, high[i]);
        foreach (var (value, character) in low) table[value] = character;
        return new string(table);
    }
}
