using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>What becomes of neighbouring bytes that together are not UTF-8.</summary>
internal enum InvalidBytes
{
    /// <summary>U+FFFD for each part of a character, as .NET has it.</summary>
    ReplacePart,

    /// <summary>U+FFFD for each byte that is part of no character.</summary>
    ReplaceByte,

    /// <summary>U+FFFD for each byte of all that stand together, the valid ones too.</summary>
    ReplaceRun,
}

/// <summary>
/// What each token decodes to, side by side and ready to be copied. Tokens that are part of a character only are kept as bytes and decoded with their neighbours.
/// Filled by one thread, then read by any number.
/// </summary>
internal sealed class DecodingTable(int size, InvalidBytes invalid)
{
    private const int Wide = 16; // characters copied at once, however short the token is

    private readonly Entry[] _entries = new Entry[size];
    private char[] _pool = new char[1 << 12];
    private int _used;

    [Flags]
    private enum Kinds
    {
        None = 0, // outside the vocabulary
        Text = 1,
        Bytes = 2, // each character of the pool is a byte
        Special = 4,
    }

    private readonly record struct Entry(int Start, int LengthAndKind)
    {
        public Entry(int start, int length, Kinds kind) : this(start, (length << 3) | (int)kind) { }

        public int Length => LengthAndKind >> 3;

        public Kinds Kind => (Kinds)(LengthAndKind & 7);
    }

    public void SetText(int id, ReadOnlySpan<char> text, bool special)
    {
        _entries[id] = new(_used, text.Length, special ? Kinds.Text | Kinds.Special : Kinds.Text);
        text.CopyTo(Room(text.Length));
    }

    public void SetBytes(int id, ReadOnlySpan<byte> bytes, bool special)
    {
        _entries[id] = new(_used, bytes.Length, special ? Kinds.Bytes | Kinds.Special : Kinds.Bytes);
        var room = Room(bytes.Length);
        for (var i = 0; i < bytes.Length; i++) room[i] = (char)bytes[i];
    }

    /// <summary>Whether a token gives text or bytes: not where it is outside the table, nor where it is special and those are left out.</summary>
    public bool Counts(int id, bool skipSpecialTokens) =>
        (uint)id < (uint)_entries.Length && _entries[id].Kind is not Kinds.None and var kind && !(skipSpecialTokens && kind.HasFlag(Kinds.Special));

    /// <summary>Whether one wrong byte makes all that stand beside it wrong.</summary>
    public bool JudgesRuns => invalid == InvalidBytes.ReplaceRun;

    public bool IsBytes(int id) => _entries[id].Kind.HasFlag(Kinds.Bytes);

    /// <summary>Appends what the tokens decode to.</summary>
    public void Append(ReadOnlySpan<int> ids, bool skipSpecialTokens, ref DecodedText text)
    {
        var (entries, pool) = (_entries, _pool);
        for (var i = 0; i < ids.Length; i++)
        {
            var id = ids[i];
            if ((uint)id >= (uint)entries.Length) continue;
            var entry = entries[id];
            if (entry.Kind == Kinds.Text) Copy(pool, entry, ref text);
            else if (!Counts(id, skipSpecialTokens)) continue;
            else if (entry.Kind.HasFlag(Kinds.Bytes)) i = AppendRun(ids, i, skipSpecialTokens, ref text) - 1;
            else Copy(pool, entry, ref text);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(char[] pool, Entry entry, ref DecodedText text)
    {
        var length = entry.Length;
        ref var to = ref text.Room(Math.Max(length, Wide));
        ref var from = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(pool), entry.Start);
        if (length <= Wide) Unsafe.WriteUnaligned(ref Unsafe.As<char, byte>(ref to), Unsafe.ReadUnaligned<Vector256<ushort>>(ref Unsafe.As<char, byte>(ref from)));
        else MemoryMarshal.CreateSpan(ref from, length).CopyTo(MemoryMarshal.CreateSpan(ref to, length));
        text.Length += length;
    }

    // Bytes that stand together; tokens that do not count may stand between them.
    private int AppendRun(ReadOnlySpan<int> ids, int start, bool skipSpecialTokens, ref DecodedText text)
    {
        var (end, length) = (start, 0);
        for (; end < ids.Length; end++)
        {
            if (!Counts(ids[end], skipSpecialTokens)) continue;
            if (!IsBytes(ids[end])) break;
            length += _entries[ids[end]].Length;
        }
        var bytes = length <= 512 ? stackalloc byte[length] : new byte[length];
        var count = 0;
        foreach (var id in ids[start..end])
        {
            if (!Counts(id, skipSpecialTokens)) continue;
            foreach (var c in _pool.AsSpan(_entries[id].Start, _entries[id].Length)) bytes[count++] = (byte)c;
        }
        Decode(bytes, ref text);
        return end;
    }

    private void Decode(scoped ReadOnlySpan<byte> bytes, ref DecodedText text)
    {
        if (invalid == InvalidBytes.ReplacePart || Utf8.IsValid(bytes))
        {
            // No text has more characters than bytes.
            text.Length += Encoding.UTF8.GetChars(bytes, MemoryMarshal.CreateSpan(ref text.Room(bytes.Length), bytes.Length));
            return;
        }
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done && invalid == InvalidBytes.ReplaceByte;
            text.Add(valid ? pair[..rune.EncodeToUtf16(pair)] : "\uFFFD");
            bytes = bytes[(valid ? length : 1)..];
        }
    }

    private Span<char> Room(int length)
    {
        // Wide behind the last, for that is what is read.
        if (_pool.Length - _used < length + Wide) Array.Resize(ref _pool, Math.Max(_pool.Length * 2, _used + length + Wide));
        _used += length;
        return _pool.AsSpan(_used - length, length);
    }
}
