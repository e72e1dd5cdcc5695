using System.Buffers.Binary;
using System.Numerics;

namespace Loquat.Reporting;

/// <summary>TFRecord framing: length, masked CRC of the length, bytes, masked CRC of the bytes, all little-endian (tensorflow/core/lib/io/record_writer.h).</summary>
internal static class TensorBoardRecord
{
    private const uint MaskDelta = 0xA282EAD8;

    public static byte[] Frame(ReadOnlySpan<byte> data)
    {
        var frame = new byte[12 + data.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Mask(Crc32C(frame.AsSpan(0, 8))));
        data.CopyTo(frame.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + data.Length), Mask(Crc32C(data)));
        return frame;
    }

    /// <summary>Castagnoli's CRC (RFC 3720, B.4).</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    // A CRC of data that holds CRCs is weak; the mask makes it another number.
    internal static uint Mask(uint crc) => BitOperations.RotateRight(crc, 15) + MaskDelta;
}
