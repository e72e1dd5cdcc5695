using System.Buffers.Binary;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>Reads the wire format of protocol buffers from bytes; every length is checked before it is believed.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes, string source, int origin = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;
    private int _wire;

    /// <summary>Moves to the next field and gives its number.</summary>
    public bool Next(out int field)
    {
        field = 0;
        if (_at >= _bytes.Length) return false;
        var key = Varint();
        (field, _wire) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7));
        return field != 0 ? true : throw Damaged("a field has the number 0");
    }

    public ulong Integer() => _wire == 0 ? Varint() : throw Damaged($"expected an integer (wire type 0), found wire type {_wire}");

    public float Float()
    {
        if (_wire != 5) throw Damaged($"expected a 32-bit number (wire type 5), found wire type {_wire}");
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    public ReadOnlySpan<byte> Bytes() => _wire == 2 ? Take(Length()) : throw Damaged($"expected bytes (wire type 2), found wire type {_wire}");

    public ProtobufReader Message()
    {
        var bytes = Bytes();
        return new(bytes, source, origin + _at - bytes.Length);
    }

    public void Skip()
    {
        switch (_wire)
        {
            case 0: Varint(); break;
            case 1: Take(8); break;
            case 2: Take(Length()); break;
            case 5: Take(4); break;
            default: throw Damaged($"wire type {_wire} is not used in this format");
        }
    }

    public readonly DataException Damaged(string what) =>
        new($"{source}, byte {origin + _at}: {what}; this is not a sentencepiece model, or it was cut or changed on the way: fetch it again");

    private int Length()
    {
        var length = Varint();
        return length <= (ulong)(_bytes.Length - _at) ? (int)length : throw Damaged($"a field claims {length} bytes and {_bytes.Length - _at} are left");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at) throw Damaged($"{count} bytes expected and {_bytes.Length - _at} are left");
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at >= _bytes.Length) throw Damaged("the file ends inside an integer");
            var b = _bytes[_at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw Damaged("an integer is longer than 64 bits");
    }
}
