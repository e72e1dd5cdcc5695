using System.Numerics;

namespace Loquat.Text.Datasets;

/// <summary>
/// A random-looking order of 0 … count - 1 that takes no memory: a four-round Feistel network on the smallest even number of bits that
/// holds the count, walked until it lands inside (Black and Rogaway 2002, cycle walking).
/// </summary>
public readonly struct Permutation
{
    private readonly ulong _count;
    private readonly ulong _seed;
    private readonly int _halfBits;

    /// <param name="count">Above 0.</param>
    public Permutation(long count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        (_count, _seed) = ((ulong)count, seed);
        _halfBits = Math.Max(1, (65 - BitOperations.LeadingZeroCount((ulong)count - 1)) / 2);
    }

    /// <summary>The element at a place; every element is at exactly one place.</summary>
    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)place, _count);
            var value = (ulong)place;
            do value = Shuffle(value);
            while (value >= _count);
            return (long)value;
        }
    }

    /// <summary>SplitMix64's finalizer: a bijection that scatters nearby numbers.</summary>
    internal static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    private ulong Shuffle(ulong value)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (value >> _halfBits, value & mask);
        for (ulong round = 0; round < 4; round++)
            (left, right) = (right, left ^ (Mix(right ^ Mix(_seed + round)) & mask));
        return (left << _halfBits) | right;
    }
}
