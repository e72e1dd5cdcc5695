using System.Runtime.Intrinsics;
using Loquat.Text.Randomness;

namespace Loquat.Corpus.Preprocessing.Deduplication;

/// <summary>Signatures by which sets that are alike meet (Broder 1997): for each of many hash functions the least hash of the set.</summary>
public sealed class MinHash
{
    private readonly uint[] _factors, _addends;

    /// <param name="permutations">Hash functions; a multiple of 8.</param>
    public MinHash(int permutations, ulong seed = 1)
    {
        if (permutations < 8 || permutations % 8 != 0) throw new OptionsException($"{permutations} permutations: it must be a multiple of 8, from 8.");
        (_factors, _addends) = (new uint[permutations], new uint[permutations]);
        for (var i = 0; i < permutations; i++)
        {
            var random = SplitMix64.Mix(seed * 0x9e3779b97f4a7c15 + (ulong)i + 1);
            (_factors[i], _addends[i]) = ((uint)random | 1, (uint)(random >> 32));
        }
    }

    public int Permutations => _factors.Length;

    public uint[] Sign(ReadOnlySpan<ulong> shingles)
    {
        var signature = new uint[_factors.Length];
        // A block of hash functions at a time, whose least hashes stay in registers.
        for (var i = 0; i < signature.Length; i += Vector256<uint>.Count * 2)
        {
            var isLast = i + Vector256<uint>.Count == signature.Length;
            var k = isLast ? i : i + Vector256<uint>.Count;
            var (factors, addends, least) = (Vector256.LoadUnsafe(ref _factors[i]), Vector256.LoadUnsafe(ref _addends[i]), Vector256<uint>.AllBitsSet);
            var (moreFactors, moreAddends, more) = (Vector256.LoadUnsafe(ref _factors[k]), Vector256.LoadUnsafe(ref _addends[k]), Vector256<uint>.AllBitsSet);
            foreach (var shingle in shingles)
            {
                var hash = Vector256.Create((uint)(shingle ^ shingle >> 29));
                var (mixed, mixedToo) = ((hash ^ addends) * factors, (hash ^ moreAddends) * moreFactors);
                least = Vector256.Min(least, mixed ^ mixed >>> 15);
                more = Vector256.Min(more, mixedToo ^ mixedToo >>> 15);
            }
            least.StoreUnsafe(ref signature[i]);
            more.StoreUnsafe(ref signature[k]);
        }
        return signature;
    }
}
