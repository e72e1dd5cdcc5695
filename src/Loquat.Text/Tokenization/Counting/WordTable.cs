using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>
/// Words and how often each came, as an open-addressing table of 24-byte slots. A word of up to 15 bytes lies in its slot, so that a look-up
/// costs one cache line and two comparisons; longer ones lie in blocks beside it. One thread at a time.
/// </summary>
internal sealed class WordTable
{
    private const int Inline = 15;
    private const int BlockSize = 1 << 20;
    private const ulong Long = 0xFFUL << 56;

    private readonly List<byte[]> _blocks = [];
    private Slot[] _slots = new Slot[1 << 12];
    private int _blockUsed = BlockSize;
    private long _blockBytes;

    /// <summary>Distinct words.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes held.</summary>
    public long Memory => _slots.LongLength * Unsafe.SizeOf<Slot>() + _blockBytes;

    /// <summary>Counts a word; the empty word too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<byte> text, int start, int length, long count = 1)
    {
        if (length > Inline)
        {
            AddLong(text.Slice(start, length), count);
            return;
        }
        ulong a, b;
        if (start + 16 <= text.Length)
        {
            ref var at = ref Unsafe.Add(ref MemoryMarshal.GetReference(text), start);
            a = Unsafe.ReadUnaligned<ulong>(ref at);
            b = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, 8));
            // Shifts count modulo 64: 0 and 8 bytes are told apart by hand.
            a = length >= 8 ? a : a & ((1UL << (8 * length)) - 1);
            b = length <= 8 ? 0 : b & ((1UL << (8 * (length - 8))) - 1);
        }
        else
        {
            (a, b) = Tail(text.Slice(start, length));
        }
        b |= (ulong)length << 56;
        var mask = _slots.Length - 1;
        for (var index = (int)Mix(a, b) & mask; ; index = (index + 1) & mask)
        {
            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), index);
            if (slot.Count == 0)
            {
                slot = new Slot { A = a, B = b, Count = count };
                Added();
                return;
            }
            if (slot.A != a || slot.B != b) continue;
            slot.Count += count;
            return;
        }
    }

    public void Add(ReadOnlySpan<byte> word, long count = 1) => Add(word, 0, word.Length, count);

    /// <summary>Adds all of another table.</summary>
    public void Add(WordTable other)
    {
        Span<byte> inline = stackalloc byte[16];
        foreach (ref readonly var slot in other._slots.AsSpan())
            if (slot.Count != 0) Add(other.Word(slot, inline), slot.Count);
    }

    /// <summary>Visits the words in the order of their bytes; a span is valid only during the call.</summary>
    public void VisitSorted(WordVisitor visit)
    {
        var order = new int[Count];
        var keys = new ulong[Count];
        Span<byte> inline = stackalloc byte[16], other = stackalloc byte[16];
        for (int index = 0, next = 0; index < _slots.Length; index++)
        {
            if (_slots[index].Count == 0) continue;
            order[next] = index;
            keys[next++] = Prefix(Word(_slots[index], inline));
        }
        Array.Sort(keys, order);
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start + 1; end < order.Length && keys[end] == keys[start];) end++;
            if (end > start + 1) order.AsSpan(start, end - start).Sort(Compare);
        }
        foreach (var index in order) visit(Word(_slots[index], inline), _slots[index].Count);
    }

    public void Clear()
    {
        _slots = new Slot[1 << 12];
        _blocks.Clear();
        (_blockUsed, _blockBytes, Count) = (BlockSize, 0, 0);
    }

    /// <summary>Bytes of all words together.</summary>
    public long TotalBytes()
    {
        var total = 0L;
        foreach (ref readonly var slot in _slots.AsSpan())
            if (slot.Count != 0) total += slot.B >= Long ? Stored(slot.B).Length : (int)(slot.B >> 56);
        return total;
    }

    private int Compare(int left, int right)
    {
        Span<byte> a = stackalloc byte[16], b = stackalloc byte[16];
        return Word(_slots[left], a).SequenceCompareTo(Word(_slots[right], b));
    }

    /// <summary>The first eight bytes as a number in the order of bytes.</summary>
    private static ulong Prefix(ReadOnlySpan<byte> word)
    {
        if (word.Length >= 8) return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(word);
        var key = 0UL;
        for (var i = 0; i < word.Length; i++) key |= (ulong)word[i] << (56 - 8 * i);
        return key;
    }

    private static (ulong A, ulong B) Tail(ReadOnlySpan<byte> word)
    {
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        word.CopyTo(padded);
        return (MemoryMarshal.Read<ulong>(padded), MemoryMarshal.Read<ulong>(padded[8..]));
    }

    private void AddLong(ReadOnlySpan<byte> word, long count)
    {
        var hash = System.IO.Hashing.XxHash3.HashToUInt64(word);
        var mask = _slots.Length - 1;
        for (var index = (int)Mix(hash, Long) & mask; ; index = (index + 1) & mask)
        {
            ref var slot = ref _slots[index];
            if (slot.Count == 0)
            {
                slot = new Slot { A = hash, B = Long | Store(word), Count = count };
                Added();
                return;
            }
            if (slot.A != hash || slot.B < Long || !Stored(slot.B).SequenceEqual(word)) continue;
            slot.Count += count;
            return;
        }
    }

    private void Added()
    {
        if (++Count * 4L < _slots.Length * 3L) return;
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        var mask = _slots.Length - 1;
        foreach (ref readonly var slot in old.AsSpan())
        {
            if (slot.Count == 0) continue;
            var index = (int)Mix(slot.A, slot.B >= Long ? Long : slot.B) & mask;
            while (_slots[index].Count != 0) index = (index + 1) & mask;
            _slots[index] = slot;
        }
    }

    /// <summary>Where a long word lies: the block above bit 31, the place of its length, which precedes it, below.</summary>
    private ulong Store(ReadOnlySpan<byte> word)
    {
        if (_blockUsed + 4 + word.Length > BlockSize || _blocks.Count == 0)
        {
            _blocks.Add(new byte[Math.Max(BlockSize, word.Length + 4)]);
            _blockBytes += _blocks[^1].Length;
            _blockUsed = 0;
        }
        var place = ((ulong)(_blocks.Count - 1) << 32) | (uint)_blockUsed;
        var target = _blocks[^1].AsSpan(_blockUsed);
        MemoryMarshal.Write(target, word.Length);
        word.CopyTo(target[4..]);
        _blockUsed += 4 + word.Length;
        return place;
    }

    private ReadOnlySpan<byte> Stored(ulong b)
    {
        var from = _blocks[(int)((b & ~Long) >> 32)].AsSpan((int)(uint)b);
        return from.Slice(4, MemoryMarshal.Read<int>(from));
    }

    private ReadOnlySpan<byte> Word(in Slot slot, Span<byte> inline)
    {
        if (slot.B >= Long) return Stored(slot.B);
        MemoryMarshal.Write(inline, slot.A);
        MemoryMarshal.Write(inline[8..], slot.B);
        return inline[..(int)(slot.B >> 56)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a ^ 0x9E3779B97F4A7C15, b ^ 0xC2B2AE3D27D4EB4F, out var low);
        return high ^ low;
    }

    private struct Slot
    {
        public ulong A;
        public ulong B;
        public long Count;
    }
}

/// <summary>Takes a word's UTF-8 bytes, valid only during the call, and how often it came.</summary>
internal delegate void WordVisitor(ReadOnlySpan<byte> word, long count);
