using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>The limits of <see cref="FineWebQuality"/>. Defaults: FineWeb's.</summary>
public sealed record FineWebQualityOptions
{
    /// <summary>Least share of lines that end in terminal punctuation. Default: 0.12.</summary>
    public double LinePunctThreshold { get; init; } = 0.12;

    /// <summary>Keeps documents in which no line at all ends so. Default: false.</summary>
    public bool LinePunctExcludeZero { get; init; }

    /// <summary>Largest share of short lines. Default: 0.67.</summary>
    public double ShortLineThreshold { get; init; } = 0.67;

    /// <summary>Characters of a line that is just short. Default: 30.</summary>
    public int ShortLineLength { get; init; } = 30;

    /// <summary>Largest share of characters in lines that came before. Default: 0.01.</summary>
    public double CharDuplicatesRatio { get; init; } = 0.01;

    /// <summary>Most line feeds for each word. Default: 0.3.</summary>
    public double NewLineRatio { get; init; } = 0.3;
}

/// <summary>The rules that FineWeb adds (Penedo et al. 2024, section 3.6), with datatrove's decisions.</summary>
public sealed class FineWebQuality(FineWebQualityOptions? options = null) : QualityFilter
{
    private readonly FineWebQualityOptions _options = options ?? new();

    public override IEnumerable<QualityRule> Measure(MeasuredText text)
    {
        var (lines, feeds) = Lines(text.Text);
        if (lines.Count == 0)
        {
            yield return new("lines", 0, "empty");
            yield break;
        }
        var ratio = lines.Count(l => Punctuation.EndsWithTerminal(l.Of(text.Text))) / (double)lines.Count;
        yield return new("line_punct_ratio", ratio, ratio < _options.LinePunctThreshold && !(ratio == 0 && _options.LinePunctExcludeZero) ? "line_punct_ratio" : null);
        ratio = lines.Count(l => text.Length(l) <= _options.ShortLineLength) / (double)lines.Count;
        yield return new("short_line_ratio", ratio, ratio > _options.ShortLineThreshold ? "short_line_ratio" : null);
        ratio = Repetition.Duplicates(text, lines).Characters / (double)(text.CodePoints - feeds);
        yield return new("char_dup_ratio", ratio, ratio > _options.CharDuplicatesRatio ? "char_dup_ratio" : null);
        ratio = feeds / (double)text.Words.Count;
        yield return new("new_line_ratio", ratio, ratio > _options.NewLineRatio ? "list_ratio" : null);
    }

    private static (List<TextSpan> Lines, int Feeds) Lines(string text)
    {
        var (lines, feeds) = (new List<TextSpan>(), 0);
        for (int start = 0, end; start <= text.Length; start = end + 1)
        {
            var length = text.AsSpan(start).IndexOf('\n');
            end = length < 0 ? text.Length : start + length;
            if (length >= 0) feeds++;
            if (!WhiteSpace.TrimStart(text.AsSpan(start, end - start)).IsEmpty) lines.Add(new(start, end - start));
        }
        return (lines, feeds);
    }
}
