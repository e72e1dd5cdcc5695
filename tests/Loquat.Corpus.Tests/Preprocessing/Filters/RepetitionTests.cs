using CsCheck;
using Loquat.Corpus.Preprocessing.Filters;

namespace Loquat.Corpus.Tests.Preprocessing.Filters;

/// <summary>The rules of repetition against what they say, word for word.</summary>
public sealed class RepetitionTests
{
    private const double Tolerance = 1e-9;

    private static readonly Gen<string> _text = Gen.Select(Gen.OneOf([.. new[] { "a", "ab", "b", "ba", "the", "😀", "abcdefghi", "abcdefghij", "a-word-of-more-than-sixteen-letters" }.Select(Gen.Const)]), Gen.OneOf([.. new[] { " ", "  ", "\n", "\n\n" }.Select(Gen.Const)]))
        .Select((word, space) => word + space).Array[1, 60].Select(string.Concat);

    [Fact]
    public void Every_measurement_is_what_the_rule_says() => _text.Sample(text =>
    {
        var measured = new GopherRepetition().Measure(new MeasuredText(text)).ToDictionary(r => r.Name, r => r.Value);
        var words = text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var all = (double)text.EnumerateRunes().Count();
        foreach (var n in (int[])[2, 3, 4])
            if (words.Length >= n) Math.Abs(measured[$"top_{n}_gram_char_ratio"] - Top(words, n) / all).Should().BeLessThan(Tolerance, $"of {n} words in {text}");
        foreach (var n in (int[])[5, 6, 7, 8, 9, 10])
            Math.Abs(measured[$"duplicate_{n}_gram_char_ratio"] - Repeated(words, n) / all).Should().BeLessThan(Tolerance, $"of {n} words in {text}");
    });

    private static int Length(string text) => text.EnumerateRunes().Count();

    private static int Top(string[] words, int n)
    {
        var (counts, order) = (new Dictionary<string, int>(), new List<string>());
        for (var i = 0; i + n <= words.Length; i++)
        {
            var gram = string.Join(' ', words[i..(i + n)]);
            if (!counts.TryAdd(gram, 1)) counts[gram]++;
            else order.Add(gram);
        }
        var best = order.MaxBy(g => counts[g])!; // of equals the first
        return Length(best) * counts[best];
    }

    private static int Repeated(string[] words, int n)
    {
        var (seen, repeated) = (new HashSet<string>(), 0);
        for (var i = 0; i + n <= words.Length;)
        {
            var gram = string.Concat(words[i..(i + n)]);
            if (seen.Add(gram)) i++;
            else
            {
                repeated += Length(gram);
                i += n;
            }
        }
        return repeated;
    }
}
