using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>The limits of <see cref="GopherRepetition"/>; a limit that is null is not looked at. Defaults: the paper's.</summary>
public sealed record GopherRepetitionOptions
{
    /// <summary>
    /// Fewest words of a text that is judged; shorter ones pass. The rules were made for documents of 50 words and more: the most frequent n-gram counts also where it comes once, so that of a text of 20 words any four
    /// are more than 16 % of the characters though nothing is repeated. Default: 0, as datatrove.
    /// </summary>
    public int MinWords { get; init; }

    /// <summary>Largest share of lines that came before. Default: 0.3.</summary>
    public double? DupLineFrac { get; init; } = 0.3;

    /// <summary>Largest share of paragraphs that came before. Default: 0.3.</summary>
    public double? DupParaFrac { get; init; } = 0.3;

    /// <summary>Largest share of characters in such lines. Default: 0.2.</summary>
    public double? DupLineCharFrac { get; init; } = 0.2;

    /// <summary>Largest share of characters in such paragraphs. Default: 0.2.</summary>
    public double? DupParaCharFrac { get; init; } = 0.2;

    /// <summary>For each n, the largest share of characters in the most frequent n-gram. Default: 2: 0.2, 3: 0.18, 4: 0.16.</summary>
    public IReadOnlyList<(int N, double Limit)> TopNGrams { get; init; } = [(2, 0.2), (3, 0.18), (4, 0.16)];

    /// <summary>For each n, the largest share of characters in n-grams that came before. Default: 5: 0.15 down to 10: 0.10.</summary>
    public IReadOnlyList<(int N, double Limit)> DupNGrams { get; init; } = [(5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10)];
}

/// <summary>The repetition rules of Gopher (Rae et al. 2021, table A1), with datatrove's decisions.</summary>
public sealed class GopherRepetition(GopherRepetitionOptions? options = null) : QualityFilter
{
    private readonly GopherRepetitionOptions _options = options ?? new();

    public override IEnumerable<QualityRule> Measure(MeasuredText text)
    {
        if (text.Text.Length == 0)
        {
            yield return new("words", 0, "empty");
            yield break;
        }
        if (_options.MinWords > 0 && text.Words.Count < _options.MinWords) yield break;
        var all = (double)text.CodePoints;
        foreach (var (what, short_, pieces, share, characters) in new[]
        {
            ("paragraph", "para", Divided(text.Text, 2), _options.DupParaFrac, _options.DupParaCharFrac),
            ("line", "line", Divided(text.Text, 1), _options.DupLineFrac, _options.DupLineCharFrac),
        })
        {
            var duplicates = Repetition.Duplicates(text, pieces);
            var ratio = duplicates.Count / (double)pieces.Count;
            yield return new($"duplicate_{what}_ratio", ratio, ratio > share ? $"dup_{short_}_frac" : null);
            ratio = duplicates.Characters / all;
            yield return new($"duplicate_{what}_char_ratio", ratio, ratio > characters ? $"dup_{short_}_char_frac" : null);
        }
        foreach (var ((n, limit), top) in _options.TopNGrams.Zip(Repetition.Top(text, [.. _options.TopNGrams.Select(t => t.N)])))
        {
            if (top >= 0) yield return new($"top_{n}_gram_char_ratio", top / all, top / all > limit ? $"top_{n}_gram" : null);
        }
        if (_options.DupNGrams.Count == 0) yield break;
        foreach (var ((n, limit), characters) in _options.DupNGrams.Zip(Repetition.Repeated(text, [.. _options.DupNGrams.Select(d => d.N)])))
        {
            var repeated = characters / all;
            yield return new($"duplicate_{n}_gram_char_ratio", repeated, repeated > limit ? $"duplicated_{n}_n_grams" : null);
        }
    }

    // What runs of so many line feeds or more divide. Paragraphs are those of the text without the white space around it.
    private static List<TextSpan> Divided(string text, int feeds)
    {
        var pieces = new List<TextSpan>();
        var (start, stop) = (0, text.Length);
        if (feeds > 1)
        {
            start = text.Length - WhiteSpace.TrimStart(text).Length;
            stop = Math.Max(start, WhiteSpace.TrimEnd(text).Length);
        }
        for (var i = start; i < stop;)
        {
            var next = text.AsSpan(i, stop - i).IndexOf('\n');
            if (next < 0) break;
            var end = i + next;
            var after = end;
            while (after < stop && text[after] == '\n') after++;
            if (after - end >= feeds)
            {
                pieces.Add(new(start, end - start));
                start = after;
            }
            i = after;
        }
        pieces.Add(new(start, stop - start));
        return pieces;
    }
}
