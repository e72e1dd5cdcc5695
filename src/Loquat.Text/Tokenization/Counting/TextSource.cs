using System.Text;
using System.Text.Unicode;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>Hands out text in blocks to the threads that count it, one thread at a time. A block holds whole texts, which <see cref="TextBlock"/> lists.</summary>
internal abstract class TextSource
{
    /// <summary>Units read so far.</summary>
    public long Read { get; protected set; }

    /// <summary>Fills a block; false at the end. Called by one thread at a time.</summary>
    public abstract bool Next(TextBlock block);
}

/// <summary>Some texts, before and after they are made UTF-8. Belongs to one thread.</summary>
internal sealed class TextBlock
{
    /// <summary>Texts that are not yet UTF-8.</summary>
    public List<string> Strings { get; } = [];

    /// <summary>UTF-8 text; <see cref="Length"/> bytes are valid.</summary>
    public byte[] Bytes { get; set; } = new byte[1 << 20];

    public int Length { get; set; }

    /// <summary>Calls for each text of the block, as valid UTF-8.</summary>
    public void Visit(WordSplitter splitter, WordTable words)
    {
        foreach (var text in Strings)
        {
            if (Bytes.Length < text.Length * 3L) Bytes = new byte[Math.Min(Array.MaxLength, text.Length * 3L)];
            splitter.Split(Bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, Bytes)), words);
        }
        if (Strings.Count > 0) return;
        ReadOnlySpan<byte> rest = Bytes.AsSpan(0, Length);
        if (!Utf8.IsValid(rest)) rest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(rest));
        splitter.SplitLines(rest, words);
    }
}

internal sealed class StringSource(IEnumerable<string> texts) : TextSource, IDisposable
{
    private const int Units = 1 << 19;
    private readonly IEnumerator<string> _texts = texts.GetEnumerator();

    public override bool Next(TextBlock block)
    {
        block.Strings.Clear();
        for (var units = 0L; units < Units && _texts.MoveNext(); units += _texts.Current.Length)
        {
            block.Strings.Add(_texts.Current);
            Read += _texts.Current.Length;
        }
        return block.Strings.Count > 0;
    }

    public void Dispose() => _texts.Dispose();
}

/// <summary>Lines of a UTF-8 stream, line ends included.</summary>
internal sealed class StreamSource(Stream stream) : TextSource
{
    private const int LongestLine = 1 << 26;
    private byte[] _rest = [];
    private bool _ended;

    public override bool Next(TextBlock block)
    {
        if (block.Bytes.Length < _rest.Length) block.Bytes = new byte[_rest.Length];
        _rest.CopyTo(block.Bytes, 0);
        var (length, searched, end) = (_rest.Length, 0, 0);
        _rest = [];
        while (!_ended && end == 0)
        {
            if (length == block.Bytes.Length)
            {
                var grown = block.Bytes;
                Array.Resize(ref grown, length * 2);
                block.Bytes = grown;
            }
            while (length < block.Bytes.Length && !_ended)
            {
                var read = stream.Read(block.Bytes, length, block.Bytes.Length - length);
                _ended = read == 0;
                length += read;
                Read += read;
            }
            end = searched + block.Bytes.AsSpan(searched, length - searched).LastIndexOf((byte)'\n') + 1;
            if (end == searched) end = 0;
            searched = length;
            if (end == 0 && length >= LongestLine) end = CharacterStart(block.Bytes, length);
        }
        if (_ended || end == 0) end = length;
        _rest = block.Bytes[end..length];
        block.Length = end;
        return end > 0;
    }

    /// <summary>The start of the last character that may be cut off, so that none is cut in two.</summary>
    private static int CharacterStart(byte[] bytes, int length)
    {
        for (var back = 1; back <= 4; back++)
            if ((bytes[length - back] & 0xC0) != 0x80) return length - back;
        return length;
    }
}
