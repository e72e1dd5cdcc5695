using System.IO.Compression;
using System.Text;

namespace Loquat.Text.Tokenization.Unicode;

/// <summary>Reads what make-tables.mjs writes: whole numbers of 7 bits a byte, lowest first, in sections that can be passed over.</summary>
internal struct PackedReader
{
    private readonly byte[] _bytes;
    private int _at;

    private PackedReader(byte[] bytes, int at) => (_bytes, _at) = (bytes, at);

    public static PackedReader Open(string resource)
    {
        using var packed = typeof(PackedReader).Assembly.GetManifestResourceStream(resource)!;
        var length = packed.ReadByte() | packed.ReadByte() << 8 | packed.ReadByte() << 16;
        var bytes = new byte[length];
        using var stream = new BrotliStream(packed, CompressionMode.Decompress);
        stream.ReadExactly(bytes);
        return new(bytes, 0);
    }

    /// <summary>A reader of the section that begins here; this one goes on behind it.</summary>
    public PackedReader Section()
    {
        var length = Number();
        var section = new PackedReader(_bytes, _at);
        _at += length;
        return section;
    }

    public int Number()
    {
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = _bytes[_at++];
            value |= (b & 127) << shift;
            if (b < 128) return value;
        }
    }

    public int Signed()
    {
        var value = Number();
        return (value >> 1) ^ -(value & 1);
    }

    public string Word()
    {
        var length = Number();
        _at += length;
        return Encoding.ASCII.GetString(_bytes, _at - length, length);
    }

    /// <summary>First and last code points in turn.</summary>
    public int[] Ranges()
    {
        var bounds = new int[Number() * 2];
        for (int i = 0, from = 0; i < bounds.Length; i += 2)
        {
            bounds[i] = from + Number();
            bounds[i + 1] = bounds[i] + Number();
            from = bounds[i + 1] + 1;
        }
        return bounds;
    }

    /// <summary>Each range of code points with its value.</summary>
    public (int First, int Last, int Value)[] Values()
    {
        var values = new (int First, int Last, int Value)[Number()];
        for (int i = 0, from = 0; i < values.Length; i++)
        {
            var first = from + Number();
            var last = first + Number();
            values[i] = (first, last, Number());
            from = last + 1;
        }
        return values;
    }
}
