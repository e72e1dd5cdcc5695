using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loquat.Text.Tokenization.Models;

/// <summary>Remembers the ids of pieces: open addressing on a hash of the characters. For one thread; it grows and is emptied when full, so that memory is bounded.</summary>
internal sealed class PieceCache
{
    public const int LongestKey = 48;

    private const int MostEntries = 1 << 17;

    private Entry[] _entries = new Entry[1 << 10];
    private char[] _keys = new char[1 << 13];
    private int[] _ids = new int[1 << 11];
    private int _count;
    private int _keysUsed;
    private int _idsUsed;

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public uint Hash;
        public int KeyStart;
        public ushort KeyLength; // 0: free
        public ushort IdCount;
        public int IdStart; // the id itself where there is one
    }

    /// <summary>Appends the ids of a piece that is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(ReadOnlySpan<char> key, uint hash, Workspace work)
    {
        ref var entry = ref Find(key, hash);
        if (entry.KeyLength == 0) return false;
        if (entry.IdCount == 1) work.Add(entry.IdStart);
        else work.Add(_ids.AsSpan(entry.IdStart, entry.IdCount));
        return true;
    }

    /// <summary>The ids of a piece that is known and has not just one.</summary>
    public bool TryGet(ReadOnlySpan<char> key, uint hash, out ReadOnlySpan<int> ids)
    {
        ref var entry = ref Find(key, hash);
        ids = _ids.AsSpan(entry.IdStart, entry.IdCount);
        return entry.KeyLength > 0;
    }

    // The key's entry, or a free one where it is not there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Entry Find(ReadOnlySpan<char> key, uint hash)
    {
        var entries = _entries;
        var mask = entries.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            ref var entry = ref entries[slot];
            if (entry.KeyLength == 0 || (entry.Hash == hash && entry.KeyLength == key.Length && _keys.AsSpan(entry.KeyStart, key.Length).SequenceEqual(key))) return ref entry;
        }
    }

    /// <summary>Adds what <see cref="TryAppend"/> did not find; keys that are empty or longer than <see cref="LongestKey"/> are not for the cache.</summary>
    public void Add(ReadOnlySpan<char> key, uint hash, ReadOnlySpan<int> ids)
    {
        if (ids.Length > ushort.MaxValue) return;
        if (_count * 2 >= _entries.Length) MakeRoom();
        var slot = FreeSlot(hash);
        if (_keys.Length - _keysUsed < key.Length) Array.Resize(ref _keys, _keys.Length * 2);
        key.CopyTo(_keys.AsSpan(_keysUsed));
        var first = ids.Length == 1 ? ids[0] : _idsUsed;
        if (ids.Length != 1)
        {
            while (_ids.Length - _idsUsed < ids.Length) Array.Resize(ref _ids, _ids.Length * 2);
            ids.CopyTo(_ids.AsSpan(_idsUsed));
            _idsUsed += ids.Length;
        }
        _entries[slot] = new() { Hash = hash, KeyStart = _keysUsed, KeyLength = (ushort)key.Length, IdCount = (ushort)ids.Length, IdStart = first };
        _keysUsed += key.Length;
        _count++;
    }

    private int FreeSlot(uint hash)
    {
        var mask = _entries.Length - 1;
        var slot = (int)hash & mask;
        while (_entries[slot].KeyLength != 0) slot = (slot + 1) & mask;
        return slot;
    }

    private void MakeRoom()
    {
        if (_count >= MostEntries)
        {
            Array.Clear(_entries);
            (_count, _keysUsed, _idsUsed) = (0, 0, 0);
            return;
        }
        var old = _entries;
        _entries = new Entry[old.Length * 2];
        foreach (var entry in old)
            if (entry.KeyLength != 0) _entries[FreeSlot(entry.Hash)] = entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(ReadOnlySpan<char> key)
    {
        ref var first = ref Unsafe.As<char, byte>(ref MemoryMarshal.GetReference(key));
        var bytes = key.Length * 2;
        var hash = (ulong)bytes * 0x9E3779B97F4A7C15UL;
        var at = 0;
        for (; at + 8 <= bytes; at += 8)
        {
            hash = (hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, at))) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 32;
        }
        if (bytes >= 8)
        {
            hash = (hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, bytes - 8))) * 0x9E3779B97F4A7C15UL;
        }
        else
        {
            var rest = 0UL;
            if ((bytes & 4) != 0) rest = Unsafe.ReadUnaligned<uint>(ref first);
            if ((bytes & 2) != 0) rest = (rest << 16) | Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref first, bytes - 2));
            hash = (hash ^ rest) * 0x9E3779B97F4A7C15UL;
        }
        return (uint)(hash >> 32) ^ (uint)(hash >> 15);
    }
}
