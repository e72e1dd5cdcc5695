using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Json;
using Loquat.Text.Tokenization.Models;

namespace Loquat.Text.Tokenization.Formats;

/// <summary>
/// A vocabulary as it stands in the file: ids by the bytes of a token, so that merges, which name each token again and again, are read without making strings.
/// Its methods are compiled fully at once, because a load is over before they would be otherwise.
/// </summary>
internal sealed class RawVocabulary
{
    private const int LongestMerge = 1024;

    private readonly byte[] _file;
    private (int Start, int Length)[] _places; // by id; start 0: none
    private (uint Hash, int Id)[] _slots; // id + 1; 0: free
    private int _count;
    private int _limit;

    private RawVocabulary(byte[] file)
    {
        _file = file;
        _slots = new (uint, int)[BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(file.Length / 32, 16, 1 << 20))];
        _places = new (int, int)[_slots.Length / 2];
    }

    /// <summary>Reads an object of tokens and ids.</summary>
    /// <param name="at">Behind its brace; moved to the brace at its end.</param>
    /// <exception cref="DataException">Not as programs write it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static RawVocabulary Read(byte[] file, ref int at)
    {
        var vocabulary = new RawVocabulary(file);
        var json = new PlainJson(file, at);
        while (json.Peek() != '}')
        {
            if (vocabulary._count > 0) json.Take((byte)',');
            var (start, length) = json.String();
            json.Take((byte)':');
            vocabulary.Add(start, length, json.Number());
        }
        at = json.At;
        return vocabulary;
    }

    /// <summary>Reads a list of merges, each ["a", "b"] or, in older files, "a b".</summary>
    /// <param name="at">Behind its bracket; moved to the bracket at its end.</param>
    /// <param name="joined">What each merge makes, -1 where that is no token.</param>
    /// <exception cref="DataException">Not as programs write it, or not of this vocabulary.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public List<(int Left, int Right)> ReadMerges(ref int at, out List<int> joined)
    {
        var merges = new List<(int, int)>(_count);
        joined = new List<int>(_count);
        var json = new PlainJson(_file, at);
        var last = -1;
        while (json.Peek() != ']')
        {
            if (merges.Count > 0) json.Take((byte)',');
            ReadOnlySpan<byte> left, right;
            if (json.Peek() == '[')
            {
                json.Take((byte)'[');
                left = Span(json.String());
                json.Take((byte)',');
                right = Span(json.String());
                json.Take((byte)']');
            }
            else
            {
                var both = Span(json.String());
                var space = both.IndexOf((byte)' ');
                if (space < 0 || both.LastIndexOf((byte)' ') != space) throw PlainJson.Unusual();
                left = both[..space];
                right = both[(space + 1)..];
            }
            var (first, second) = (Find(left), Find(right));
            if (first < 0 || second < 0) throw PlainJson.Unusual();
            merges.Add((first, second));
            // Most often the token after that of the merge before.
            last = IsJoined(last + 1, left, right) ? last + 1 : FindJoined(left, right);
            joined.Add(last);
        }
        at = json.At;
        return merges;
    }

    /// <summary>The vocabulary with its tokens as text.</summary>
    /// <exception cref="DataException">Not as programs write it: not UTF-8, or the same token twice.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Vocabulary Decode()
    {
        var vocabulary = new Vocabulary(_limit);
        var json = new PlainJson(_file, 0);
        for (var id = 0; id < _limit; id++)
            if (_places[id].Start > 0 && !vocabulary.Add(json.Text(_places[id]), id)) throw PlainJson.Unusual();
        return vocabulary.Count == _count ? vocabulary : throw PlainJson.Unusual();
    }

    private ReadOnlySpan<byte> Span((int Start, int Length) place) => _file.AsSpan(place.Start, place.Length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(int start, int length, int id)
    {
        if (id > Vocabulary.HighestId) throw PlainJson.Unusual();
        if (id >= _places.Length) Array.Resize(ref _places, Math.Max(id + 1, _places.Length * 2));
        if (_places[id].Start > 0) throw PlainJson.Unusual();
        if (++_count * 2 > _slots.Length) _slots = Vocabulary.Doubled(_slots);
        var token = _file.AsSpan(start, length);
        var hash = Hash(token);
        var mask = _slots.Length - 1;
        var slot = (int)hash & mask;
        for (; _slots[slot].Id != 0; slot = (slot + 1) & mask)
            if (_slots[slot].Hash == hash && Span(_places[_slots[slot].Id - 1]).SequenceEqual(token)) throw PlainJson.Unusual();
        _slots[slot] = (hash, id + 1);
        _places[id] = (start, length);
        _limit = Math.Max(_limit, id + 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Find(ReadOnlySpan<byte> token)
    {
        var hash = Hash(token);
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; slots[slot].Id != 0; slot = (slot + 1) & mask)
            if (slots[slot].Hash == hash && Span(_places[slots[slot].Id - 1]).SequenceEqual(token)) return slots[slot].Id - 1;
        return -1;
    }

    private bool IsJoined(int id, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (id >= _limit || _places[id].Length != left.Length + right.Length) return false;
        var token = Span(_places[id]);
        return token.StartsWith(left) && token.EndsWith(right);
    }

    private int FindJoined(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length + right.Length > LongestMerge) return -1;
        Span<byte> token = stackalloc byte[LongestMerge];
        left.CopyTo(token);
        right.CopyTo(token[left.Length..]);
        return Find(token[..(left.Length + right.Length)]);
    }

    private static uint Hash(ReadOnlySpan<byte> token) =>
        PieceCache.Hash(MemoryMarshal.Cast<byte, char>(token)) ^ ((token.Length & 1) == 0 ? 0 : (token[^1] + 1u) * 0x9E3779B1u);
}
