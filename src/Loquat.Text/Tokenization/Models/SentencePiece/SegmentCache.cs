using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Models.Unigram;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>
/// Remembers how stretches of text were cut. For one thread; it grows and is emptied when full, so that memory is bounded.
/// </summary>
internal sealed class SegmentCache
{
    private const int MostEntries = 1 << 17;
    private const int LongestKey = 64;

    private Entry[] _entries = new Entry[1 << 10];
    private readonly ByteBuffer _keys = new();
    private readonly List<Segment> _segments = [];
    private int _count;

    private struct Entry
    {
        public int Hash;
        public int KeyStart;
        public int KeyLength; // 0: free
        public int SegmentStart;
        public int SegmentCount;
        public float Margin;
    }

    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlySpan<Segment> segments, out float margin, out int hash)
    {
        hash = Hash(key);
        var entries = _entries;
        var mask = entries.Length - 1;
        for (var slot = hash & mask; entries[slot].KeyLength != 0; slot = (slot + 1) & mask)
        {
            ref var entry = ref entries[slot];
            if (entry.Hash != hash || !_keys.Span.Slice(entry.KeyStart, entry.KeyLength).SequenceEqual(key)) continue;
            segments = CollectionsMarshal.AsSpan(_segments).Slice(entry.SegmentStart, entry.SegmentCount);
            margin = entry.Margin;
            return true;
        }
        segments = default;
        margin = 0;
        return false;
    }

    /// <summary>Adds what <see cref="TryGet"/> did not find. <paramref name="margin"/>: how much worse the next best way to cut is, where that matters.</summary>
    public void Add(ReadOnlySpan<byte> key, int hash, ReadOnlySpan<Segment> segments, float margin)
    {
        if (key.Length > LongestKey) return;
        if (_count * 2 >= _entries.Length) MakeRoom();
        _entries[FreeSlot(hash)] = new() { Hash = hash, KeyStart = _keys.Length, KeyLength = key.Length, SegmentStart = _segments.Count, SegmentCount = segments.Length, Margin = margin };
        _keys.Add(key);
        _segments.AddRange(segments);
        _count++;
    }

    private int FreeSlot(int hash)
    {
        var mask = _entries.Length - 1;
        var slot = hash & mask;
        while (_entries[slot].KeyLength != 0) slot = (slot + 1) & mask;
        return slot;
    }

    private void MakeRoom()
    {
        if (_count >= MostEntries)
        {
            Array.Clear(_entries);
            _keys.Clear();
            _segments.Clear();
            _count = 0;
            return;
        }
        var old = _entries;
        _entries = new Entry[old.Length * 2];
        foreach (var entry in old)
            if (entry.KeyLength != 0) _entries[FreeSlot(entry.Hash)] = entry;
    }

    private static int Hash(ReadOnlySpan<byte> key)
    {
        var hash = 0xcbf29ce484222325UL ^ (ulong)key.Length;
        while (key.Length >= 8)
        {
            hash = (hash ^ BitConverter.ToUInt64(key)) * 0x9e3779b97f4a7c15UL;
            hash ^= hash >> 29;
            key = key[8..];
        }
        foreach (var b in key) hash = (hash ^ b) * 0x100000001b3UL;
        return (int)((hash ^ hash >> 32) * 0x9e3779b1UL >> 16);
    }
}
