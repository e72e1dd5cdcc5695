using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>
/// A precompiled character map: a double-array trie (Darts) from UTF-8 sequences to places in a list of zero-terminated replacements;
/// the longest match wins.
/// </summary>
/// <remarks>Layout: the trie's size in bytes (32 bits, little-endian), the trie's units (32 bits each), the replacements.</remarks>
internal sealed class CharsMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly int[] _single = new int[128]; // ASCII: -2 look closer, -1 unchanged, else the place of the replacement, where the next byte is ASCII too

    private CharsMap(uint[] units, byte[] replacements)
    {
        (_units, _replacements) = (units, replacements);
        Span<byte> two = stackalloc byte[2];
        for (var b = 0; b < 128; b++)
        {
            two[0] = (byte)b;
            _single[b] = Longest(two[..1], out var value) == 0 ? -1 : value;
            for (var next = 1; next < 128; next++)
            {
                two[1] = (byte)next;
                if (CanGoOn(two)) _single[b] = -2;
            }
        }
    }

    /// <summary>The map, or null where the bytes are empty.</summary>
    /// <exception cref="DataException">The sizes do not fit.</exception>
    public static CharsMap? Read(ReadOnlyMemory<byte> bytes, string source)
    {
        if (bytes.IsEmpty) return null;
        var span = bytes.Span;
        if (span.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(span) is var size && (size > span.Length - 4 || size % 4 != 0 || size < 4))
            throw new DataException($"{source}: the precompiled character map of {span.Length} bytes does not begin with the size of its trie; fetch the file again");
        var units = new uint[size / 4];
        span.Slice(4, (int)size).CopyTo(MemoryMarshal.AsBytes(units.AsSpan()));
        if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(units, units);
        return new(units, [.. span[(4 + (int)size)..], 0]);
    }

    /// <summary>The replacement of what stands at the beginning of <paramref name="text"/> and its length there; 0 where nothing matches.</summary>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        var first = text[0];
        var (length, value) = (0, 0);
        if (first < 128 && _single[first] is var single and not -2 && (text.Length == 1 || text[1] < 128))
            (length, value) = single == -1 ? (0, 0) : (1, single);
        else
            length = Longest(text, out value);
        if (length == 0 || value >= _replacements.Length)
        {
            replacement = default;
            return 0;
        }
        var rest = _replacements.AsSpan(value);
        replacement = rest[..rest.IndexOf((byte)0)];
        return length;
    }

    /// <summary>What an ASCII byte becomes where ASCII follows; -1 where that is not one ASCII byte.</summary>
    public int AsciiForm(byte value)
    {
        var place = _single[value];
        if (place == -1) return value;
        return place >= 0 && place + 1 < _replacements.Length && _replacements[place] is > 0 and < 128 && _replacements[place + 1] == 0 ? _replacements[place] : -1;
    }

    /// <summary>The same with the shortest match; a zero byte matches nothing.</summary>
    public int MatchShortest(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length && text[i] != 0; i++)
        {
            node ^= text[i];
            if (node >= _units.Length) return 0;
            var unit = _units[node];
            if ((unit & 0x800000ff) != text[i]) return 0;
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (node >= _units.Length || (int)(_units[node] & 0x7fffffff) is var value && value >= _replacements.Length) return 0;
            var rest = _replacements.AsSpan((int)(_units[node] & 0x7fffffff));
            replacement = rest[..rest.IndexOf((byte)0)];
            return i + 1;
        }
        return 0;
    }

    private int Longest(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        var longest = 0;
        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _units.Length) break;
            var unit = _units[node];
            if ((unit & 0x800000ff) != text[i]) break;
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (node >= _units.Length) break;
            (longest, value) = (i + 1, (int)(_units[node] & 0x7fffffff));
        }
        return longest;
    }

    private bool CanGoOn(ReadOnlySpan<byte> text)
    {
        var node = Offset(_units[0]);
        foreach (var b in text)
        {
            node ^= b;
            if (node >= _units.Length || (_units[node] & 0x800000ff) != b) return false;
            node ^= Offset(_units[node]);
        }
        return true;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);
}
