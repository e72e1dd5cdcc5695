using System.Text;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>
/// EUC-TW, read only: planes 1 and 2 of CNS 11643, which hold the characters of Big5, by the tables of code page 20000. There plane 2 has its second byte below 80, here it follows 8E A2.
/// </summary>
internal sealed class EucTwEncoding : Encoding
{
    private const byte Shift = 0x8E;

    private static readonly Encoding _cns = CodePagesEncodingProvider.Instance.GetEncoding(20000, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"))!;

    public override string WebName => "euc-tw";

    public override string EncodingName => WebName;

    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException();

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException();

    public override int GetCharCount(byte[] bytes, int index, int count) => Decode(bytes.AsSpan(index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Decode(bytes.AsSpan(byteIndex, byteCount));
        text.CopyTo(0, chars, charIndex, text.Length);
        return text.Length;
    }

    public override string GetString(byte[] bytes, int index, int count) => Decode(bytes.AsSpan(index, count));

    public override int GetMaxByteCount(int charCount) => 4 * charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<byte> pair = stackalloc byte[2];
        for (var i = 0; i < bytes.Length; i++)
        {
            var lead = bytes[i];
            if (lead < 0x80) text.Append((char)lead);
            else if (lead == Shift && i + 3 < bytes.Length && bytes[i + 1] is 0xA1 or 0xA2 && bytes[i + 2] >= 0xA1 && bytes[i + 3] >= 0xA1)
            {
                (pair[0], pair[1]) = (bytes[i + 2], bytes[i + 1] == 0xA1 ? bytes[i + 3] : (byte)(bytes[i + 3] & 0x7F));
                text.Append(_cns.GetString(pair));
                i += 3;
            }
            else if (lead >= 0xA1 && i + 1 < bytes.Length && bytes[i + 1] >= 0xA1)
            {
                (pair[0], pair[1]) = (lead, bytes[i + 1]);
                text.Append(_cns.GetString(pair));
                i++;
            }
            else text.Append('\uFFFD');
        }
        return text.ToString();
    }
}
