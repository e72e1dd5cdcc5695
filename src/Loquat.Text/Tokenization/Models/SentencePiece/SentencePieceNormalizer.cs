using System.Buffers;
using System.Text;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Normalizers;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>The change of text before it is cut: character map, spaces, dummy prefix; user-defined pieces are left as they are.</summary>
/// <remarks>Source: normalizer.cc of the sentencepiece project, which decides every corner case here.</remarks>
internal sealed class SentencePieceNormalizer(SentencePieceNormalization spec, ByteTrie? userDefined, bool whitespaceAsSuffix, string source)
{
    private static readonly byte[] SpaceSymbol = "\u2581"u8.ToArray();

    private readonly CharsMap? _map = CharsMap.Read(spec.PrecompiledCharsMap, source);
    private SearchValues<byte>? _letters; // ASCII but the space that stays as it is

    /// <summary>What an ASCII byte becomes where ASCII follows; -1 where that is not one ASCII byte.</summary>
    public int AsciiForm(byte value) => userDefined is not null ? -1 : _map is null ? value : _map.AsciiForm(value);

    /// <summary>Normalizes UTF-8 into <paramref name="output"/>.</summary>
    /// <param name="origins">Gets, for every byte written and one more for the end, the place in <paramref name="input"/> it came from; null to leave that out.</param>
    public void Normalize(ReadOnlySpan<byte> input, ByteBuffer output, List<int>? origins)
    {
        output.Clear();
        origins?.Clear();
        var (at, trim) = (0, spec.RemoveExtraWhitespaces);
        while (trim && at < input.Length)
        {
            var length = Prefix(input[at..], out var text);
            if (!text.SequenceEqual(" "u8)) break;
            at += length;
        }
        if (at >= input.Length)
        {
            origins?.Add(input.Length);
            return;
        }
        if (!whitespaceAsSuffix && spec.AddDummyPrefix) AddSpace(output, origins, at);
        var afterSpace = trim;
        while (at < input.Length)
        {
            var plain = input[at..].IndexOfAnyExcept(_letters ??= SearchValues.Create([.. Enumerable.Range(0, 128).Where(b => b != ' ' && AsciiForm((byte)b) == b).Select(b => (byte)b)])) is >= 0 and var run ? run : input.Length - at;
            // What follows may change the last.
            if (plain > 0 && at + plain < input.Length && input[at + plain] >= 128) plain--;
            if (plain > 0)
            {
                output.Add(input.Slice(at, plain));
                for (var i = 0; origins is not null && i < plain; i++) origins.Add(at + i);
                at += plain;
                afterSpace = false;
                continue;
            }
            var length = Prefix(input[at..], out var text);
            while (afterSpace && !text.IsEmpty && text[0] == ' ') text = text[1..];
            if (!text.IsEmpty)
            {
                foreach (var b in text)
                    if (b == ' ') AddSpace(output, origins, at);
                    else
                    {
                        output.Add(b);
                        origins?.Add(at);
                    }
                afterSpace = text[^1] == ' ';
            }
            at += length;
            if (!trim) afterSpace = false;
        }
        var space = spec.EscapeWhitespaces ? SpaceSymbol : " "u8;
        while (trim && output.Span.EndsWith(space))
        {
            output.Length -= space.Length;
            if (origins is null) continue;
            at = origins[output.Length];
            origins.RemoveRange(output.Length, origins.Count - output.Length);
        }
        if (whitespaceAsSuffix && spec.AddDummyPrefix) AddSpace(output, origins, at);
        origins?.Add(at);
    }

    private void AddSpace(ByteBuffer output, List<int>? origins, int at)
    {
        if (spec.EscapeWhitespaces) output.Add(SpaceSymbol);
        else output.Add((byte)' ');
        for (var i = 0; origins is not null && i < (spec.EscapeWhitespaces ? 3 : 1); i++) origins.Add(at);
    }

    // The normalized form of what stands first, and how many bytes that takes.
    private int Prefix(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> text)
    {
        if (userDefined is not null && userDefined.Longest(input, out _) is > 0 and var symbol)
        {
            text = input[..symbol];
            return symbol;
        }
        if (_map is not null && _map.Match(input, out text) is > 0 and var matched) return matched;
        if (input[0] < 128)
        {
            text = input[..1];
            return 1;
        }
        if (Rune.DecodeFromUtf8(input, out _, out var length) == OperationStatus.Done)
        {
            text = input[..length];
            return length;
        }
        text = "\ufffd"u8;
        return 1;
    }
}

/// <summary>A growing list of bytes whose content is a span.</summary>
internal sealed class ByteBuffer
{
    private byte[] _bytes = new byte[256];

    public int Length { get; set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Add(byte value)
    {
        if (Length == _bytes.Length) Array.Resize(ref _bytes, Length * 2);
        _bytes[Length++] = value;
    }

    public void Add(ReadOnlySpan<byte> values)
    {
        values.CopyTo(Grow(values.Length));
        Length += values.Length;
    }

    /// <summary>Free room of at least this size behind the content; set <see cref="Length"/> after writing there.</summary>
    public Span<byte> Grow(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        return _bytes.AsSpan(Length);
    }
}
