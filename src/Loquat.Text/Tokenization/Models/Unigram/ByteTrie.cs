using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// A double-array trie from byte strings to ids: a step is one addition and one comparison (Aoe 1989).
/// State s goes by byte b to t = Base[s] + b + 1 where Check[t] = s.
/// </summary>
internal sealed class ByteTrie
{
    private Node[] _nodes = new Node[1024];

    private struct Node
    {
        public int Base;
        public int Check; // 0: free; else the parent + 1
        public int Value; // -1: no key ends here
    }

    /// <summary>Builds from keys in any order, not empty; of equal keys the highest value counts.</summary>
    public ByteTrie(IEnumerable<(byte[] Key, int Value)> entries)
    {
        var keys = entries.ToArray();
        Sort(keys);
        for (var i = 0; i < _nodes.Length; i++) _nodes[i].Value = -1;
        _nodes[0].Check = 1;
        if (keys.Length > 0) Build(keys);
    }

    /// <summary>The state after <paramref name="state"/> by <paramref name="b"/>, or -1. The first state is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Step(int state, byte b)
    {
        var nodes = _nodes;
        var next = nodes[state].Base + b + 1;
        return (uint)next < (uint)nodes.Length && nodes[next].Check == state + 1 && nodes[state].Base > 0 ? next : -1;
    }

    /// <summary>The id of the key that ends in this state, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ValueAt(int state) => _nodes[state].Value;

    /// <summary>Length and id of the longest key that <paramref name="text"/> begins with; 0 where there is none.</summary>
    public int Longest(ReadOnlySpan<byte> text, out int value)
    {
        value = -1;
        var (state, longest) = (0, 0);
        for (var i = 0; i < text.Length && (state = Step(state, text[i])) >= 0; i++)
            if (ValueAt(state) is >= 0 and var found) (longest, value) = (i + 1, found);
        return longest;
    }

    /// <summary>The id of exactly this key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var state = 0;
        foreach (var b in key)
            if ((state = Step(state, b)) < 0) return -1;
        return ValueAt(state);
    }

    // By the first eight bytes as numbers; only where those are equal are whole keys compared.
    private static void Sort((byte[] Key, int Value)[] keys)
    {
        var firsts = new ulong[keys.Length];
        Span<byte> eight = stackalloc byte[8];
        for (var i = 0; i < keys.Length; i++)
        {
            eight.Clear();
            keys[i].Key.AsSpan(0, Math.Min(8, keys[i].Key.Length)).CopyTo(eight);
            firsts[i] = BinaryPrimitives.ReadUInt64BigEndian(eight);
        }
        Array.Sort(firsts, keys);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from + 1; to < keys.Length && firsts[to] == firsts[from]; to++) { }
            if (to - from > 1) keys.AsSpan(from..to).Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        }
    }

    // Breadth first over ranges of the sorted keys that share a prefix.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Build((byte[] Key, int Value)[] keys)
    {
        var queue = new Queue<(int State, int From, int To, int Depth)>();
        queue.Enqueue((0, 0, keys.Length, 0));
        var (free, labels) = (1, new List<(byte Label, int From)>());
        while (queue.TryDequeue(out var range))
        {
            var (state, from, to, depth) = range;
            for (; from < to && keys[from].Key.Length == depth; from++) _nodes[state].Value = Math.Max(_nodes[state].Value, keys[from].Value);
            labels.Clear();
            for (var i = from; i < to; i++)
                if (labels.Count == 0 || labels[^1].Label != keys[i].Key[depth]) labels.Add((keys[i].Key[depth], i));
            if (labels.Count == 0) continue;
            var start = Place(labels, ref free);
            _nodes[state].Base = start;
            for (var i = 0; i < labels.Count; i++)
            {
                var child = start + labels[i].Label + 1;
                _nodes[child].Check = state + 1;
                queue.Enqueue((child, labels[i].From, i + 1 < labels.Count ? labels[i + 1].From : to, depth + 1));
            }
        }
    }

    // First fit from the first free place; gives up on places that stay occupied, so that building stays linear.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Place(List<(byte Label, int From)> labels, ref int free)
    {
        while (free < _nodes.Length && _nodes[free].Check != 0) free++;
        var tried = 0;
        for (var place = Math.Max(free, labels[0].Label + 2); ; place++)
        {
            EnsureSize(place + 258);
            if (++tried > 1024) (free, tried) = (place, 0);
            if (_nodes[place].Check != 0) continue;
            var start = place - labels[0].Label - 1;
            var fits = true;
            for (var i = 1; i < labels.Count && fits; i++) fits = _nodes[start + labels[i].Label + 1].Check == 0;
            if (fits && start > 0) return start;
        }
    }

    private void EnsureSize(int size)
    {
        if (size <= _nodes.Length) return;
        var old = _nodes.Length;
        Array.Resize(ref _nodes, Math.Max(size, old * 2));
        for (var i = old; i < _nodes.Length; i++) _nodes[i].Value = -1;
    }
}
