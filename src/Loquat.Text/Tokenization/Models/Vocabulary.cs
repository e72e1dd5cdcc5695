using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Models;

/// <summary>
/// Tokens and ids, both ways: an open-addressing table that keeps hashes beside ids, so that a look-up touches one token's text. Ids may have gaps.
/// Filled by one thread, then read by any number. Its methods are compiled fully at once, because a load is over before they would be otherwise.
/// </summary>
internal sealed class Vocabulary
{
    /// <summary>The highest id that is believed.</summary>
    internal const int HighestId = 1 << 22;

    private string?[] _tokens;
    private (uint Hash, int Id)[] _slots; // id + 1; 0: free

    public Vocabulary(int capacity = 16)
    {
        _tokens = new string?[Math.Max(capacity, 16)];
        _slots = new (uint, int)[BitOperations.RoundUpToPowerOf2((uint)_tokens.Length * 2)];
    }

    /// <summary>Each token's id is its place.</summary>
    public Vocabulary(IReadOnlyList<string> tokens) : this(tokens.Count)
    {
        for (var id = 0; id < tokens.Count; id++) Add(tokens[id], id);
    }

    public int Count { get; private set; }

    public int IdLimit { get; private set; }

    /// <summary>A token that is there already gets the new id.</summary>
    /// <returns>False where the id cannot be.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Add(string token, int id)
    {
        if (id is < 0 or > HighestId) return false;
        if (id >= _tokens.Length) Array.Resize(ref _tokens, Math.Max(id + 1, _tokens.Length * 2));
        if ((Count + 1) * 2 > _slots.Length) _slots = Doubled(_slots);
        var hash = PieceCache.Hash(token);
        var mask = _slots.Length - 1;
        var slot = (int)hash & mask;
        for (; _slots[slot].Id != 0; slot = (slot + 1) & mask)
            if (_slots[slot].Hash == hash && _tokens[_slots[slot].Id - 1] == token) break;
        if (_slots[slot].Id == 0) Count++;
        _slots[slot] = (hash, id + 1);
        _tokens[id] = token;
        IdLimit = Math.Max(IdLimit, id + 1);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryGet(ReadOnlySpan<char> token, out int id)
    {
        var hash = PieceCache.Hash(token);
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; slots[slot].Id != 0; slot = (slot + 1) & mask)
        {
            if (slots[slot].Hash != hash) continue;
            id = slots[slot].Id - 1;
            if (token.SequenceEqual(_tokens[id])) return true;
        }
        id = -1;
        return false;
    }

    public int? Find(string token) => TryGet(token, out var id) ? id : null;

    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>In the order of ids.</summary>
    public IEnumerable<(string Token, int Id)> Entries
    {
        get
        {
            for (var id = 0; id < IdLimit; id++)
                if (_tokens[id] is { } token) yield return (token, id);
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("vocab");
        foreach (var (token, id) in Entries) json.WriteNumber(token, id);
        json.WriteEndObject();
    }

    /// <summary>The same slots, each a hash and an id + 1 or 0 where it is free, in twice the room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (uint Hash, int Id)[] Doubled((uint Hash, int Id)[] slots)
    {
        var doubled = new (uint Hash, int Id)[slots.Length * 2];
        var mask = doubled.Length - 1;
        foreach (var entry in slots)
        {
            if (entry.Id == 0) continue;
            var slot = (int)entry.Hash & mask;
            while (doubled[slot].Id != 0) slot = (slot + 1) & mask;
            doubled[slot] = entry;
        }
        return doubled;
    }
}
