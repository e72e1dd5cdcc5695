using System.Numerics;

namespace Loquat.Text.Metrics;

/// <summary>Gives n-grams small numbers, for one comparison after the other: an n-gram is the one that is shorter by a token, and the token. For one thread.</summary>
internal sealed class NgramTable
{
    private long[] _keys = new long[1 << 10];
    private int[] _values = new int[1 << 10]; // number + 1 + what all before had; smaller: free
    private int _base;
    private int _count;

    /// <summary>Forgets all numbers.</summary>
    public void Clear()
    {
        _base += _count;
        _count = 0;
        if (_base < int.MaxValue / 2) return;
        Array.Clear(_values);
        _base = 0;
    }

    /// <summary>How many numbers there are.</summary>
    public int Count => _count;

    /// <summary>The number of a token: any value from 0 up to 2^31 - 1.</summary>
    public int Token(int token) => Number(-1L - token);

    /// <summary>The number of an n-gram.</summary>
    /// <param name="shorter">The number of all but its last token.</param>
    /// <param name="token">The number of its last token.</param>
    public int Longer(int shorter, int token) => Number((long)shorter << 32 | (uint)token);

    private int Number(long key)
    {
        if (_count * 2 >= _keys.Length) Grow();
        var mask = _keys.Length - 1;
        for (var slot = Slot(key); ; slot = (slot + 1) & mask)
        {
            var value = _values[slot] - _base;
            if (value <= 0)
            {
                (_keys[slot], _values[slot]) = (key, ++_count + _base);
                return _count - 1;
            }
            if (_keys[slot] == key) return value - 1;
        }
    }

    private int Slot(long key) => (int)((ulong)key * 0x9E3779B97F4A7C15UL >> (64 - BitOperations.Log2((uint)_keys.Length)));

    private void Grow()
    {
        var (keys, values) = (_keys, _values);
        (_keys, _values) = (new long[keys.Length * 2], new int[keys.Length * 2]);
        var mask = _keys.Length - 1;
        for (var i = 0; i < keys.Length; i++)
        {
            if (values[i] - _base <= 0) continue;
            var slot = Slot(keys[i]);
            while (_values[slot] != 0) slot = (slot + 1) & mask;
            (_keys[slot], _values[slot]) = (keys[i], values[i]);
        }
    }
}
