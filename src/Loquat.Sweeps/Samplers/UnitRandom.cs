using Loquat.Text.Randomness;

namespace Loquat.Sweeps.Samplers;

/// <summary>Numbers drawn for one trial: a function of the study's seed, the trial's number and how many were drawn before, so that a proposal made again is the same.</summary>
internal sealed class UnitRandom(ulong seed, long number)
{
    private readonly ulong _start = SplitMix64.Mix(SplitMix64.Mix(seed) ^ (ulong)number);
    private ulong _drawn;

    /// <summary>From 0 to 1, 1 excluded.</summary>
    public double Next() => (SplitMix64.Mix(_start + 0x632BE59BD9B4E019UL * ++_drawn) >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 to <paramref name="count"/> - 1.</summary>
    public int Next(int count) => Math.Min(count - 1, (int)(Next() * count));

    /// <summary>Of mean 0 and deviation 1.</summary>
    public double Gaussian() => Normal.Quantile(Math.Clamp(Next(), 1e-16, 1 - 1e-16));
}
