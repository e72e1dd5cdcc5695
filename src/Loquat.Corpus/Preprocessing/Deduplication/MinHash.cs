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
        Array.Fill(signature, uint.MaxValue);
        foreach (var shingle in shingles)
        {
            var hash = Vector256.Create((uint)(shingle ^ shingle >> 29));
            for (var i = 0; i < signature.Length; i += Vector256<uint>.Count)
            {
                var mixed = (hash ^ Vector256.LoadUnsafe(ref _addends[i])) * Vector256.LoadUnsafe(ref _factors[i]);
                Vector256.Min(Vector256.LoadUnsafe(ref signature[i]), mixed ^ mixed >>> 15).StoreUnsafe(ref signature[i]);
            }
        }
        return signature;
    }
}
