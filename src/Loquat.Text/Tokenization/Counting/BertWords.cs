using System.Text;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>
/// BERT's normalizer and pre-tokenizer. No step of either reaches across ASCII white space, so the text is taken apart there: stretches of printable ASCII are
/// lowered and cut at punctuation byte by byte, others go through the components and are remembered.
/// </summary>
internal sealed class BertWords(BertNormalizer normalizer, BertPreTokenizer preTokenizer) : WordSplitter
{
    private const int MostRemembered = 1 << 16;
    private const int LongestRemembered = 64;
    private const byte Plain = 0;
    private const byte Punctuation = 1;
    private const byte Space = 2;
    private const byte Hard = 3;

    private static readonly byte[] _kinds = [.. Enumerable.Range(0, 256).Select(b => b switch
    {
        ' ' or '\t' or '\n' or '\r' => Space,
        < ' ' or > '~' => Hard,
        _ when char.IsAsciiLetterOrDigit((char)b) => Plain,
        _ => Punctuation,
    })];

    private readonly byte[] _lowered = [.. Enumerable.Range(0, 256).Select(b => normalizer.Lowercases && b is >= 'A' and <= 'Z' ? (byte)(b | 0x20) : (byte)b)];
    private readonly Dictionary<string, byte[][]> _remembered = new(StringComparer.Ordinal);
    private byte[] _buffer = new byte[1 << 10];

    internal override WordSplitter ForThread() => new BertWords(normalizer, preTokenizer);

    internal override void Split(ReadOnlySpan<byte> buffer, int from, int to, WordTable words)
    {
        for (int start = from, end; start < to; start = end + 1)
        {
            var hard = false;
            for (end = start; end < to && _kinds[buffer[end]] is var kind and not Space; end++) hard |= kind == Hard;
            if (hard) SplitHard(buffer[start..end], words);
            else if (end > start) SplitPlain(buffer[start..end], words);
        }
    }

    private void SplitPlain(ReadOnlySpan<byte> text, WordTable words)
    {
        // Sixteen bytes more than the text, so that each word is read in two loads.
        if (_buffer.Length < text.Length + 16L) _buffer = new byte[(int)Math.Min(Array.MaxLength, text.Length * 2L + 16)];
        var start = 0;
        for (var at = 0; at < text.Length; at++)
        {
            _buffer[at] = _lowered[text[at]];
            if (_kinds[text[at]] != Punctuation) continue;
            if (at > start) words.Add(_buffer, start, at - start);
            words.Add(_buffer, at, 1);
            start = at + 1;
        }
        if (text.Length > start) words.Add(_buffer, start, text.Length - start);
    }

    private void SplitHard(ReadOnlySpan<byte> text, WordTable words)
    {
        if (text.Length > LongestRemembered)
        {
            foreach (var word in Words(Encoding.UTF8.GetString(text))) words.Add(word);
            return;
        }
        Span<char> characters = stackalloc char[LongestRemembered];
        characters = characters[..Encoding.UTF8.GetChars(text, characters)];
        if (!_remembered.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters, out var known))
        {
            if (_remembered.Count >= MostRemembered) _remembered.Clear();
            var key = characters.ToString();
            _remembered.Add(key, known = Words(key));
        }
        foreach (var word in known) words.Add(word);
    }

    private byte[][] Words(string text) => [.. preTokenizer.Split(normalizer.Normalize(text)).Select(Encoding.UTF8.GetBytes)];
}
