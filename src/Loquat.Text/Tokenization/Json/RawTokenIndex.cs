using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Pipeline;

namespace Loquat.Text.Tokenization.Json;

/// <summary>
/// Ids by a token's bytes as they stand in the file, so that merges, which name each token again and again, are read without making strings.
/// A token that is written another way is not found, and then looked for by its text.
/// </summary>
internal ref struct RawTokenIndex(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private (uint Hash, int Start, int Length, int Id)[] _slots = new (uint, int, int, int)[BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(file.Length / 32, 16, 1 << 20))]; // id + 1; 0: free
    private int _count;

    /// <summary>Room for half as many tokens before it grows.</summary>
    public readonly int Capacity => _slots.Length;

    /// <summary>Adds a token that stands at a place in the file; of two alike the later counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int start, int length, int id)
    {
        if (++_count * 2 > _slots.Length) Grow();
        var token = _file.Slice(start, length);
        var hash = Hash(token);
        var mask = _slots.Length - 1;
        var slot = (int)hash & mask;
        for (; _slots[slot].Id != 0; slot = (slot + 1) & mask)
            if (_slots[slot].Hash == hash && _file.Slice(_slots[slot].Start, _slots[slot].Length).SequenceEqual(token)) break;
        _slots[slot] = (hash, start, length, id + 1);
    }

    /// <summary>The id, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly int Find(ReadOnlySpan<byte> token)
    {
        var hash = Hash(token);
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; slots[slot].Id != 0; slot = (slot + 1) & mask)
        {
            ref var entry = ref slots[slot];
            if (entry.Hash == hash && entry.Length == token.Length && _file.Slice(entry.Start, entry.Length).SequenceEqual(token)) return entry.Id - 1;
        }
        return -1;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new (uint, int, int, int)[BitOperations.RoundUpToPowerOf2((uint)old.Length * 2)];
        foreach (var entry in old)
        {
            if (entry.Id == 0) continue;
            var slot = (int)entry.Hash & (_slots.Length - 1);
            while (_slots[slot].Id != 0) slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = entry;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> token) =>
        PieceCache.Hash(MemoryMarshal.Cast<byte, char>(token)) ^ ((token.Length & 1) == 0 ? 0 : (token[^1] + 1u) * 0x9E3779B1u);
}
