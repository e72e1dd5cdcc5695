using Loquat.Text.Randomness;

namespace Loquat.Objectives;

/// <summary>Numbers drawn for one sequence: they depend on the seed and the sequence's place in the run, not on who draws first (SplitMix64, Steele et al. 2014).</summary>
internal struct SequenceRandom(ulong seed, long place)
{
    private ulong _state = SplitMix64.Mix(seed ^ SplitMix64.Mix((ulong)place ^ 0x0B5EC7137UL));

    /// <summary>In [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 to <paramref name="count"/> - 1.</summary>
    public int Next(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>A permutation of the values (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>Poisson with a mean (Knuth 1969, section 3.4.1).</summary>
    public int Poisson(double mean)
    {
        var (limit, product, count) = (Math.Exp(-mean), NextDouble(), 0);
        for (; product > limit; count++) product *= NextDouble();
        return count;
    }

    private ulong Next() => SplitMix64.Mix(_state += 0x9E3779B97F4A7C15UL);
}
