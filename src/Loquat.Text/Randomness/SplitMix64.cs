namespace Loquat.Text.Randomness;

/// <summary>Random-looking numbers from a seed and a place, so that what is drawn does not depend on who draws first (Steele et al. 2014, "Fast Splittable Pseudorandom Number Generators").</summary>
public static class SplitMix64
{
    /// <summary>The finalizer: a bijection that scatters nearby numbers.</summary>
    public static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
