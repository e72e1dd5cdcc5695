using System.Runtime.InteropServices;

namespace Loquat.Text.Tokenization.SentencePiece;

/// <summary>A piece found in normalized text: its length there in bytes, and its id.</summary>
internal readonly record struct Segment(int Length, int Id);

/// <summary>
/// Remembers how stretches of text were cut. For one thread; emptied when full, so that memory is bounded.
/// </summary>
internal sealed class SegmentCache
{
    private const int Slots = 1 << 16;
    private const int MostEntries = Slots / 2;
    private const int LongestKey = 64;

    private readonly Entry[] _entries = new Entry[Slots];
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
        for (var slot = hash & (Slots - 1); _entries[slot].KeyLength != 0; slot = (slot + 1) & (Slots - 1))
        {
            ref var entry = ref _entries[slot];
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
        if (_count >= MostEntries)
        {
            Array.Clear(_entries);
            _keys.Clear();
            _segments.Clear();
            _count = 0;
        }
        var slot = hash & (Slots - 1);
        while (_entries[slot].KeyLength != 0) slot = (slot + 1) & (Slots - 1);
        _entries[slot] = new() { Hash = hash, KeyStart = _keys.Length, KeyLength = key.Length, SegmentStart = _segments.Count, SegmentCount = segments.Length, Margin = margin };
        _keys.Add(key);
        _segments.AddRange(segments);
        _count++;
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
