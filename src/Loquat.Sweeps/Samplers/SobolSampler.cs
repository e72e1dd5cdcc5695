using Loquat.Sweeps.Spaces;
using Loquat.Text.Randomness;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// Points that fill the space more evenly than chance: Sobol's sequence with the direction numbers of Joe and Kuo (2008), moved by a digital shift that the seed
/// decides. Parameters beyond the 21st are drawn by chance.
/// </summary>
public sealed class SobolSampler : Sampler
{
    public override string Type => "sobol";

    private const int Bits = 32;

    /// <summary>Degree, coefficients and first numbers of each dimension after the first (new-joe-kuo-6).</summary>
    private static readonly (int Degree, uint Coefficients, uint[] First)[] _directions =
    [
        (1, 0, [1]), (2, 1, [1, 3]), (3, 1, [1, 3, 1]), (3, 2, [1, 1, 1]), (4, 1, [1, 1, 3, 3]), (4, 4, [1, 3, 5, 13]), (5, 2, [1, 1, 5, 5, 17]), (5, 4, [1, 1, 5, 5, 5]), (5, 7, [1, 1, 7, 11, 19]),
        (5, 11, [1, 1, 5, 1, 1]), (5, 13, [1, 1, 1, 3, 11]), (5, 14, [1, 3, 5, 5, 31]), (6, 1, [1, 3, 3, 9, 7, 49]), (6, 13, [1, 1, 1, 15, 21, 21]), (6, 16, [1, 3, 1, 13, 27, 49]),
        (6, 19, [1, 1, 1, 15, 7, 5]), (6, 22, [1, 3, 1, 15, 13, 25]), (6, 25, [1, 1, 5, 5, 19, 61]), (7, 1, [1, 3, 7, 11, 23, 15, 103]), (7, 4, [1, 3, 7, 13, 13, 15, 69]),
    ];

    private static readonly uint[][] _numbers = [Identity(), .. _directions.Select(Numbers)];

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed)
    {
        var random = new UnitRandom(seed, number);
        var places = space.Parameters.Select((p, i) => (p.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        return space.At(p => places[p.Name] < _numbers.Length ? Coordinate(number, places[p.Name], seed) : random.Next());
    }

    /// <summary>Coordinate <paramref name="dimension"/> of the point, shifted where a seed is given.</summary>
    internal static double Coordinate(long index, int dimension, ulong? seed)
    {
        var bits = 0u;
        // In the order of the Gray code each point differs from the one before in one direction; here all at once.
        var gray = (ulong)(index ^ (index >> 1));
        for (var bit = 0; gray != 0 && bit < Bits; bit++, gray >>= 1)
            if ((gray & 1) != 0) bits ^= _numbers[dimension][bit];
        if (seed is { } given) bits ^= (uint)(SplitMix64.Mix(SplitMix64.Mix(given) + (ulong)dimension) >> 32);
        return bits * (1.0 / 4294967296.0);
    }

    private static uint[] Identity() => [.. Enumerable.Range(0, Bits).Select(i => 1u << (Bits - 1 - i))];

    private static uint[] Numbers((int Degree, uint Coefficients, uint[] First) direction)
    {
        var numbers = new uint[Bits];
        var degree = direction.Degree;
        for (var i = 0; i < Bits; i++)
        {
            if (i < degree)
            {
                numbers[i] = direction.First[i] << (Bits - 1 - i);
                continue;
            }
            numbers[i] = numbers[i - degree] ^ (numbers[i - degree] >> degree);
            for (var k = 1; k < degree; k++)
                if (((direction.Coefficients >> (degree - 1 - k)) & 1) != 0) numbers[i] ^= numbers[i - k];
        }
        return numbers;
    }
}
