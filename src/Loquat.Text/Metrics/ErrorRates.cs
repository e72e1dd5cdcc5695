using System.Text;

namespace Loquat.Text.Metrics;

/// <summary>How a hypothesis differs from its reference: counts of words, or of characters. Counts of segments add up to those of a corpus.</summary>
/// <param name="Hits">What is right.</param>
/// <param name="Substitutions">What is another.</param>
/// <param name="Deletions">What is missing.</param>
/// <param name="Insertions">What is too much.</param>
public readonly record struct ErrorCounts(long Hits, long Substitutions, long Deletions, long Insertions)
{
    private long Reference => Hits + Substitutions + Deletions;

    private long Hypothesis => Hits + Substitutions + Insertions;

    /// <summary>Errors for each word (WER) or character (CER) of the reference; without a reference, the number of insertions. May be above 1.</summary>
    public double ErrorRate => Reference > 0 ? (double)(Substitutions + Deletions + Insertions) / Reference : Insertions;

    /// <summary>MER: errors among all that was matched or not. 0 to 1.</summary>
    public double MatchErrorRate => Hits + Substitutions + Deletions + Insertions is > 0 and var all ? (double)(Substitutions + Deletions + Insertions) / all : 0;

    /// <summary>WIP (Morris et al. 2004): hits among the words of the reference, times hits among those of the hypothesis. 0 to 1.</summary>
    public double InformationPreserved => Reference == 0 && Hypothesis == 0 ? 1 : Reference == 0 || Hypothesis == 0 ? 0 : (double)Hits / Reference * ((double)Hits / Hypothesis);

    /// <summary>WIL: 1 - WIP.</summary>
    public double InformationLost => 1 - InformationPreserved;

    public static ErrorCounts operator +(ErrorCounts a, ErrorCounts b) => new(a.Hits + b.Hits, a.Substitutions + b.Substitutions, a.Deletions + b.Deletions, a.Insertions + b.Insertions);
}

/// <summary>Word and character error rates with the numbers of jiwer 4.0.0, those that depend on which of several least alignments is taken included.</summary>
public static class ErrorRates
{
    /// <summary>Errors of words, which single spaces divide after runs of white space became one.</summary>
    public static ErrorCounts Words(string reference, string hypothesis)
    {
        var numbers = new WordNumbers();
        return Compare(numbers.Of(SplitAtSpaces(reference)), numbers.Of(SplitAtSpaces(hypothesis)));
    }

    /// <summary>Errors of characters: code points, without white space at both ends.</summary>
    public static ErrorCounts Characters(string reference, string hypothesis) => Compare(CodePointsOf(reference), CodePointsOf(hypothesis));

    /// <summary>Errors of anything: numbers that are equal for equal things.</summary>
    public static ErrorCounts Compare(ReadOnlySpan<int> reference, ReadOnlySpan<int> hypothesis)
    {
        var start = reference.CommonPrefixLength(hypothesis);
        reference = reference[start..];
        hypothesis = hypothesis[start..];
        var end = 0;
        while (end < reference.Length && end < hypothesis.Length && reference[^(end + 1)] == hypothesis[^(end + 1)]) end++;
        reference = reference[..^end];
        hypothesis = hypothesis[..^end];
        var width = hypothesis.Length + 1;
        var distance = new int[(reference.Length + 1) * width];
        for (var j = 0; j < width; j++) distance[j] = j;
        for (var i = 1; i <= reference.Length; i++)
        {
            distance[i * width] = i;
            for (var j = 1; j < width; j++)
                distance[i * width + j] = Math.Min(distance[(i - 1) * width + j - 1] + (reference[i - 1] == hypothesis[j - 1] ? 0 : 1), 1 + Math.Min(distance[(i - 1) * width + j], distance[i * width + j - 1]));
        }
        long hits = start + end, substitutions = 0, deletions = 0, insertions = 0;
        for (var (i, j) = (reference.Length, hypothesis.Length); i > 0 || j > 0;)
        {
            if (i > 0 && distance[i * width + j] == distance[(i - 1) * width + j] + 1)
            {
                deletions++;
                i--;
            }
            else if (i == 0 || (j > 0 && distance[i * width + j - 1] == distance[(i - 1) * width + j - 1] - 1))
            {
                insertions++;
                j--;
            }
            else
            {
                if (reference[--i] == hypothesis[--j]) hits++;
                else substitutions++;
            }
        }
        return new(hits, substitutions, deletions, insertions);
    }

    private static List<string> SplitAtSpaces(string text)
    {
        var joined = new StringBuilder(text.Length);
        for (int at = 0, end; at < text.Length; at = end)
        {
            end = at;
            while (end < text.Length && MetricText.IsSpace(text[end])) end++;
            if (end - at > 1) joined.Append(' ');
            else joined.Append(text[at]);
            end = Math.Max(end, at + 1);
        }
        return [.. MetricText.Trim(joined.ToString()).ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static int[] CodePointsOf(string text) => [.. MetricText.Trim(text).ToString().EnumerateRunes().Select(r => r.Value)];
}
