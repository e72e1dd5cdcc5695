using System.IO.Hashing;
using System.Runtime.InteropServices;
using Loquat.Text.Randomness;

namespace Loquat.FineTuning.Examples;

/// <summary>
/// Takes a share of the examples away for validation or a test: of each class the same share, by a hash of the text and the seed. Examples of the same text go together, so that none is
/// tested on what it was taught.
/// </summary>
public static class ExampleSplit
{
    private const int FewestToShare = 10;

    /// <param name="share">0 to 1.</param>
    /// <param name="seed">Other seeds give other parts.</param>
    /// <param name="stratum">What is to be spread evenly, such as the label; null: nothing.</param>
    /// <returns>Both in the order of <paramref name="examples"/>. A stratum of two texts or more has some in either part.</returns>
    public static (IReadOnlyList<Example> Left, IReadOnlyList<Example> Taken) Take(IReadOnlyList<Example> examples, double share, ulong seed, Func<Example, string?>? stratum = null)
    {
        // A text with two labels belongs to the class that it comes with first.
        var groups = examples.GroupBy(Key).GroupBy(group => stratum?.Invoke(group.First()) ?? "", StringComparer.Ordinal);
        var taken = new HashSet<UInt128>();
        foreach (var texts in groups)
        {
            var order = texts.Select(text => text.Key).OrderBy(key => SplitMix64.Mix((ulong)key ^ seed)).ThenBy(key => key).ToList();
            var count = Math.Clamp((int)Math.Round(order.Count * share), Math.Min(1, order.Count / 2), order.Count - 1);
            taken.UnionWith(order.Take(count));
        }
        // Where each has a label of its own there is nothing to spread.
        if (taken.Count == 0 && stratum is not null && examples.Count >= FewestToShare) return Take(examples, share, seed);
        return ([.. examples.Where(example => !taken.Contains(Key(example)))], [.. examples.Where(example => taken.Contains(Key(example)))]);
    }

    internal static UInt128 Key(Example example)
    {
        var hash = new XxHash128();
        hash.Append(MemoryMarshal.AsBytes(example.Text.AsSpan().Trim()));
        hash.Append([1]);
        hash.Append(MemoryMarshal.AsBytes((example.Pair ?? "").AsSpan().Trim()));
        return hash.GetCurrentHashAsUInt128();
    }
}
