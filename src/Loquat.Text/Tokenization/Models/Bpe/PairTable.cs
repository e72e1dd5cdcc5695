using System.Runtime.CompilerServices;

namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>Pairs of neighbouring tokens: counts, and the places where each may begin. Indices are stable; references to pairs are not.</summary>
internal sealed class PairTable
{
    private int[] _slots = new int[1 << 12];
    private Pair[] _pairs = new Pair[1 << 11];
    private Segment[] _segments = new Segment[1 << 11];
    private int _segmentCount = 1;
    private int[] _chunk = [];
    private int _chunkUsed;

    public int Count { get; private set; }

    public ref Pair this[int index] => ref _pairs[index];

    /// <summary>The index of a pair, or -1.</summary>
    public int Find(int left, int right)
    {
        var mask = _slots.Length - 1;
        for (var at = Hash(left, right) & mask; _slots[at] != 0; at = (at + 1) & mask)
            if (_pairs[_slots[at] - 1] is var pair && pair.Left == left && pair.Right == right) return _slots[at] - 1;
        return -1;
    }

    public int FindOrAdd(int left, int right)
    {
        var mask = _slots.Length - 1;
        var at = Hash(left, right) & mask;
        for (; _slots[at] != 0; at = (at + 1) & mask)
        {
            ref var pair = ref _pairs[_slots[at] - 1];
            if (pair.Left == left && pair.Right == right) return _slots[at] - 1;
        }
        if (Count == _pairs.Length) Array.Resize(ref _pairs, Count * 2);
        _pairs[Count] = new Pair { Left = left, Right = right, MergedAs = -1 };
        _slots[at] = ++Count;
        if (Count * 2 > _slots.Length) Grow();
        return Count - 1;
    }

    /// <summary>A new list of places for a pair, to be filled by the caller.</summary>
    public Span<int> AddPlaces(int pair, int length)
    {
        if (_chunkUsed + length > _chunk.Length)
        {
            _chunk = new int[Math.Max(1 << 18, length)];
            _chunkUsed = 0;
        }
        _chunkUsed += length;
        AddPlaces(pair, _chunk, _chunkUsed - length, length);
        return _chunk.AsSpan(_chunkUsed - length, length);
    }

    public void AddPlaces(int pair, int[] places, int start, int length)
    {
        if (_segmentCount == _segments.Length) Array.Resize(ref _segments, _segmentCount * 2);
        _segments[_segmentCount] = new Segment { Places = places, Start = start, Length = length, Next = _pairs[pair].Places };
        _pairs[pair].Places = _segmentCount++;
    }

    /// <summary>The places of a pair, in order; the pair forgets them.</summary>
    public ReadOnlySpan<int> TakePlaces(int pair, ref int[] scratch)
    {
        var first = _pairs[pair].Places;
        _pairs[pair].Places = 0;
        if (first == 0) return [];
        if (_segments[first].Next == 0)
        {
            var only = _segments[first];
            _segments[first] = default;
            return only.Places.AsSpan(only.Start, only.Length);
        }
        var length = 0;
        for (var at = first; at != 0; at = _segments[at].Next) length += _segments[at].Length;
        if (scratch.Length < length) scratch = new int[length * 2];
        length = 0;
        for (int at = first, next; at != 0; at = next)
        {
            _segments[at].Places.AsSpan(_segments[at].Start, _segments[at].Length).CopyTo(scratch.AsSpan(length));
            length += _segments[at].Length;
            next = _segments[at].Next;
            _segments[at] = default;
        }
        scratch.AsSpan(0, length).Sort();
        return scratch.AsSpan(0, length);
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        var mask = _slots.Length - 1;
        for (var index = 0; index < Count; index++)
        {
            var at = Hash(_pairs[index].Left, _pairs[index].Right) & mask;
            while (_slots[at] != 0) at = (at + 1) & mask;
            _slots[at] = index + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Hash(int left, int right)
    {
        var mixed = (((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15;
        return (int)(mixed >> 33);
    }

    internal struct Pair
    {
        public int Left;
        public int Right;
        public long Count;

        /// <summary>The count under which it waits in the heap; 0 where it does not.</summary>
        public long Queued;

        /// <summary>The first list of places; 0 where there is none.</summary>
        public int Places;

        /// <summary>Its place among the merges, or -1.</summary>
        public int MergedAs;
    }

    private struct Segment
    {
        public int[] Places;
        public int Start;
        public int Length;
        public int Next;
    }
}
