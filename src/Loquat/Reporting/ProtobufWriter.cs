using System.Buffers.Binary;
using System.Text;

namespace Loquat.Reporting;

/// <summary>Writes the fields of a Protocol Buffers message (the wire types that TensorBoard's events need).</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private readonly List<byte> _message = [];

    public byte[] ToArray() => _message.ToArray();

    public ProtobufWriter Integer(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
        return this;
    }

    public ProtobufWriter Double(int field, double value)
    {
        Tag(field, Fixed64);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        _message.AddRange(bytes);
        return this;
    }

    public ProtobufWriter Float(int field, float value)
    {
        Tag(field, Fixed32);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _message.AddRange(bytes);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Blob(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, ProtobufWriter value) => Blob(field, value.ToArray());

    private ProtobufWriter Blob(int field, byte[] value)
    {
        Tag(field, Bytes);
        Number((ulong)value.Length);
        _message.AddRange(value);
        return this;
    }

    private void Tag(int field, int wireType) => Number((ulong)(field << 3 | wireType));

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _message.Add((byte)(value | 0x80));
        _message.Add((byte)value);
    }
}
