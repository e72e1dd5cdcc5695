using System.Numerics;
using Loquat.Text.Randomness;

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

    private ulong Shuffle(ulong value)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (value >> _halfBits, value & mask);
        for (ulong round = 0; round < 4; round++)
            (left, right) = (right, left ^ (SplitMix64.Mix(right ^ SplitMix64.Mix(_seed + round)) & mask));
        return (left << _halfBits) | right;
    }
}
