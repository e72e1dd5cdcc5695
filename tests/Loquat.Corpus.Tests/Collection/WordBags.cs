using System.Text.RegularExpressions;

namespace Loquat.Corpus.Tests.Collection;

/// <summary>How near two texts are by their bags of words, as the reference files have it: a kana or Han character is a word of its own.</summary>
internal static partial class WordBags
{
    public static (double Precision, double Recall, double F1) Compare(string given, string wanted)
    {
        var (a, b) = (Words(given), Words(wanted));
        if (a.Count == 0 && b.Count == 0) return (1, 1, 1);
        var bag = b.CountBy(w => w).ToDictionary();
        var common = a.CountBy(w => w).Sum(w => Math.Min(w.Value, bag.GetValueOrDefault(w.Key)));
        return common == 0 ? (0, 0, 0) : ((double)common / a.Count, (double)common / b.Count, 2.0 * common / (a.Count + b.Count));
    }

    public static List<string> Words(string text) => [.. Word().Matches(text.ToLowerInvariant()).Select(m => m.Value)];

    [GeneratedRegex(@"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")]
    private static partial Regex Word();
}
