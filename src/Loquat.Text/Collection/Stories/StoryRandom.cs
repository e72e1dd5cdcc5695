using System.Numerics;

namespace Loquat.Text.Collection.Stories;

/// <summary>xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64: 64-bit integers only, so the same draws on every platform.</summary>
internal struct StoryRandom
{
    private ulong _a, _b, _c, _d;

    /// <summary>The stream of one story: a function of the corpus seed and the story's index alone.</summary>
    public StoryRandom(ulong seed, long index)
    {
        var state = seed ^ BitOperations.RotateLeft(unchecked((ulong)index * 0xD1342543DE82EF95UL), 17);
        _a = SplitMix(ref state);
        _b = SplitMix(ref state);
        _c = SplitMix(ref state);
        _d = SplitMix(ref state);
    }

    /// <summary>A number in [0, bound), each exactly equally likely: multiply, and reject the short remainder (Lemire 2019).</summary>
    public uint Below(uint bound)
    {
        var product = (Next() >> 32) * bound;
        if ((uint)product < bound)
        {
            var threshold = unchecked(0u - bound) % bound;
            while ((uint)product < threshold) product = (Next() >> 32) * bound;
        }
        return (uint)(product >> 32);
    }

    private ulong Next()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
            var shifted = _b << 17;
            _c ^= _a;
            _d ^= _b;
            _b ^= _c;
            _a ^= _d;
            _c ^= shifted;
            _d = BitOperations.RotateLeft(_d, 45);
            return result;
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15UL;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
