using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Loquat.Text.Tokenization.Json;

/// <summary>
/// Reads JSON as programs write it, several times as fast as <see cref="Utf8JsonReader"/>, which takes what this does not and says what is wrong with it:
/// whatever is unusual is a <see cref="DataException"/> without a place.
/// </summary>
internal ref struct PlainJson(ReadOnlySpan<byte> bytes, int at)
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the next byte stands.</summary>
    public int At { get; private set; } = at;

    /// <summary>The next byte that is not white space; it is not taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Peek()
    {
        var bytes = _bytes;
        var at = At;
        while ((uint)at < (uint)bytes.Length && bytes[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
        At = at;
        return (uint)at < (uint)bytes.Length ? bytes[at] : throw Unusual();
    }

    /// <summary>Takes a byte that must come next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(byte expected)
    {
        if (Peek() != expected) throw Unusual();
        At++;
    }

    /// <summary>Takes a string that must come next: what stands between its quotation marks, escapes as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (int Start, int Length) String()
    {
        Take((byte)'"');
        var start = At;
        for (var at = start; ; at++)
        {
            // Most are short: a look at each byte is as fast as a search.
            while ((uint)at < (uint)_bytes.Length && _bytes[at] is >= 32 and not (byte)'"' and not (byte)'\\') at++;
            if (at >= _bytes.Length || _bytes[at] < 32) throw Unusual();
            if (_bytes[at] == '\\')
            {
                at++;
                continue;
            }
            At = at + 1;
            return (start, at - start);
        }
    }

    /// <summary>Takes a whole number of at most nine digits that must come next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Number()
    {
        Peek();
        var (start, value) = (At, 0);
        while ((uint)At < (uint)_bytes.Length && (uint)(_bytes[At] - '0') <= 9 && At - start < 10) value = value * 10 + _bytes[At++] - '0';
        var length = At - start;
        return length is > 0 and < 10 && (length == 1 || _bytes[start] != '0') && At < _bytes.Length && _bytes[At] is (byte)',' or (byte)'}' or (byte)' ' or (byte)'\n' or (byte)'\r' ? value : throw Unusual();
    }

    /// <summary>Takes a number that must come next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Double()
    {
        Peek();
        var rest = _bytes[At..];
        var length = 0;
        while (length < rest.Length && rest[length] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'.' or (byte)'e' or (byte)'E' or (byte)'+') length++;
        // What JSON does not allow begins with a zero and a digit, a point or a plus, or has no digit behind its point.
        var digits = rest[..length].TrimStart((byte)'-');
        if (length == 0 || digits.IsEmpty || digits[0] is (byte)'.' or (byte)'+' || digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit((char)digits[1]) || digits.IndexOf((byte)'.') is >= 0 and var point && (point + 1 >= digits.Length || !char.IsAsciiDigit((char)digits[point + 1])))
            throw Unusual();
        if (!Utf8Parser.TryParse(rest[..length], out double value, out var used) || used != length) throw Unusual();
        At += length;
        return value;
    }

    /// <summary>The text of a string.</summary>
    public readonly string Text((int Start, int Length) place)
    {
        var raw = _bytes.Slice(place.Start, place.Length);
        if (raw.Contains((byte)'\\'))
        {
            var reader = new Utf8JsonReader(_bytes.Slice(place.Start - 1, place.Length + 2));
            reader.Read();
            return reader.GetString()!;
        }
        try
        {
            return _strict.GetString(raw);
        }
        catch (DecoderFallbackException error)
        {
            throw new DataException("not UTF-8.", error);
        }
    }

    public static DataException Unusual() => new("not as programs write it.");
}
