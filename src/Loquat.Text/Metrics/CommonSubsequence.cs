using System.Numerics;

namespace Loquat.Text.Metrics;

/// <summary>Longest common subsequences.</summary>
internal static class CommonSubsequence
{
    /// <summary>The length, 64 places at a time (Hyyrö 2004).</summary>
    public static int Length(int[] a, int[] b)
    {
        if (a.Length == 0 || b.Length == 0) return 0;
        var blocks = (a.Length + 63) / 64;
        var places = new Dictionary<int, ulong[]>();
        for (var i = 0; i < a.Length; i++)
        {
            if (!places.TryGetValue(a[i], out var bits)) places[a[i]] = bits = new ulong[blocks];
            bits[i / 64] |= 1UL << (i % 64);
        }
        var row = new ulong[blocks];
        Array.Fill(row, ulong.MaxValue);
        foreach (var one in b)
        {
            if (!places.TryGetValue(one, out var bits)) continue;
            var carry = 0UL;
            for (var block = 0; block < blocks; block++)
            {
                var matches = row[block] & bits[block];
                var sum = (UInt128)row[block] + matches + carry;
                carry = (ulong)(sum >> 64);
                row[block] = (ulong)sum | (row[block] & ~matches);
            }
        }
        if (a.Length % 64 > 0) row[^1] |= ulong.MaxValue << (a.Length % 64);
        return row.Sum(bits => 64 - BitOperations.PopCount(bits));
    }

    /// <summary>Marks the places of <paramref name="a"/> in the one that is found from the ends, words of <paramref name="b"/> going first where both could.</summary>
    public static void Mark(int[] a, int[] b, bool[] found)
    {
        var lengths = new int[a.Length + 1, b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++) lengths[i, j] = a[i - 1] == b[j - 1] ? lengths[i - 1, j - 1] + 1 : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
        for (var (i, j) = (a.Length, b.Length); i > 0 && j > 0;)
        {
            if (a[i - 1] == b[j - 1])
            {
                found[--i] = true;
                j--;
            }
            else if (lengths[i, j - 1] > lengths[i - 1, j]) j--;
            else i--;
        }
    }
}
