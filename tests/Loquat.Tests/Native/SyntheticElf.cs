using System.Buffers.Binary;
using System.Text;

namespace Loquat.Tests.Native;

/// <summary>The smallest ELF files that define or demand symbol versions.</summary>
internal static class SyntheticElf
{
    private const int HeaderSize = 64;

    /// <summary>A library that defines the versions.</summary>
    public static byte[] Defining(params string[] versions) => Build(0x6ffffffd, versions, (entry, name, last) =>
    {
        BinaryPrimitives.WriteUInt16LittleEndian(entry, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], 20);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], last ? 0u : 28u);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], name);
    }, entrySize: 28, headSize: 0);

    /// <summary>A library that demands the versions of one other library.</summary>
    public static byte[] Demanding(params string[] versions)
    {
        var file = Build(0x6ffffffe, versions, (entry, name, last) =>
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], name);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], last ? 0u : 16u);
        }, entrySize: 16, headSize: 16);
        var head = file.AsSpan(HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(head, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(head[2..], (ushort)versions.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], 16);
        return file;
    }

    private delegate void WriteEntry(Span<byte> entry, uint name, bool last);

    private static byte[] Build(uint type, string[] versions, WriteEntry write, int entrySize, int headSize)
    {
        var names = new byte[] { 0 }.Concat(versions.SelectMany(v => Encoding.ASCII.GetBytes(v + "\0"))).ToArray();
        var tableSize = headSize + versions.Length * entrySize;
        var (strings, sections) = (HeaderSize + tableSize, HeaderSize + tableSize + names.Length);
        var file = new byte[sections + 3 * HeaderSize];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x28), (ulong)sections);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3a), HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3c), 3);
        uint name = 1;
        for (var i = 0; i < versions.Length; i++)
        {
            write(file.AsSpan(HeaderSize + headSize + i * entrySize, entrySize), name, i == versions.Length - 1);
            name += (uint)versions[i].Length + 1;
        }
        names.CopyTo(file.AsSpan(strings));
        Section(1, type, HeaderSize, tableSize, link: 2);
        Section(2, 3, strings, names.Length, link: 0);
        return file;

        void Section(int index, uint kind, int offset, int size, uint link)
        {
            var header = file.AsSpan(sections + index * HeaderSize, HeaderSize);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], kind);
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)size);
            BinaryPrimitives.WriteUInt32LittleEndian(header[40..], link);
        }
    }
}
