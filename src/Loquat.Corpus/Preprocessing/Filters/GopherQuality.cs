using System.Runtime.InteropServices;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>The limits of <see cref="GopherQuality"/>; a limit that is null is not looked at. Defaults: the paper's.</summary>
public sealed record GopherQualityOptions
{
    /// <summary>Fewest words that are not symbols. Default: 50.</summary>
    public int? MinDocWords { get; init; } = 50;

    /// <summary>Most words that are not symbols. Default: 100,000.</summary>
    public int? MaxDocWords { get; init; } = 100_000;

    /// <summary>Least mean length of these words, in characters. Default: 3.</summary>
    public double? MinAvgWordLength { get; init; } = 3;

    /// <summary>Greatest mean length. Default: 10.</summary>
    public double? MaxAvgWordLength { get; init; } = 10;

    /// <summary>Most # for each word, and most ellipses for each word. Default: 0.1.</summary>
    public double? MaxSymbolWordRatio { get; init; } = 0.1;

    /// <summary>Largest share of lines that begin with • or -. Default: 0.9.</summary>
    public double? MaxBulletLinesRatio { get; init; } = 0.9;

    /// <summary>Largest share of lines that end with an ellipsis. Default: 0.3.</summary>
    public double? MaxEllipsisLinesRatio { get; init; } = 0.3;

    /// <summary>Least share of words with a letter. Default: 0.8.</summary>
    public double? MaxNonAlphaWordsRatio { get; init; } = 0.8;

    /// <summary>How many different stop words there must be. Default: 2.</summary>
    public int? MinStopWords { get; init; } = 2;

    /// <summary>Compared as they are written. Default: the, be, to, of, and, that, have, with.</summary>
    public IReadOnlyList<string> StopWords { get; init; } = ["the", "be", "to", "of", "and", "that", "have", "with"];
}

/// <summary>The quality rules of Gopher (Rae et al. 2021, appendix A.1.1), with datatrove's decisions.</summary>
public sealed class GopherQuality(GopherQualityOptions? options = null) : QualityFilter
{
    private readonly GopherQualityOptions _options = options ?? new();
    private readonly Dictionary<ulong, int> _stopWords = (options ?? new()).StopWords.Distinct().Select((w, i) => (MeasuredText.HashOf(w), i)).ToDictionary(w => w.Item1, w => w.i);
    private readonly uint[] _lengths = Lengths((options ?? new()).StopWords);

    public override IEnumerable<QualityRule> Measure(MeasuredText text)
    {
        var words = Count(text);
        var all = (double)text.Words.Count;
        yield return new("words", all, null);
        yield return new("non_symbol_words", words.NonSymbol, words.NonSymbol < _options.MinDocWords ? "gopher_short_doc" : words.NonSymbol > _options.MaxDocWords ? "gopher_long_doc" : null);
        var mean = words.NonSymbol == 0 ? 0 : (double)words.Characters / words.NonSymbol;
        yield return new("mean_word_length", mean, mean < _options.MinAvgWordLength ? "gopher_below_avg_threshold" : mean > _options.MaxAvgWordLength ? "gopher_above_avg_threshold" : null);
        if (all == 0) yield break;
        var hashes = text.Text.AsSpan().Count('#') / all;
        yield return new("hash_ratio", hashes, hashes > _options.MaxSymbolWordRatio ? "gopher_too_many_hashes" : null);
        var ellipses = (text.Text.AsSpan().Count("...") + text.Text.AsSpan().Count('…')) / all;
        yield return new("ellipsis_ratio", ellipses, ellipses > _options.MaxSymbolWordRatio ? "gopher_too_many_ellipsis" : null);
        var lines = Lines(text.Text);
        var bullets = lines.Bullets / (double)lines.All;
        yield return new("bullet_line_ratio", bullets, bullets > _options.MaxBulletLinesRatio ? "gopher_too_many_bullets" : null);
        var ends = lines.Ellipses / (double)lines.All;
        yield return new("ellipsis_line_ratio", ends, ends > _options.MaxEllipsisLinesRatio ? "gopher_too_many_end_ellipsis" : null);
        var letters = words.WithLetter / all;
        yield return new("alpha_word_ratio", letters, letters < _options.MaxNonAlphaWordsRatio ? "gopher_below_alpha_threshold" : null);
        var stops = StopWords(text);
        yield return new("stop_words", stops, stops < _options.MinStopWords ? "gopher_enough_stop_words" : null);
    }

    private static (int NonSymbol, long Characters, int WithLetter) Count(MeasuredText text)
    {
        var (nonSymbol, characters, withLetter) = (0, 0L, 0);
        var all = text.Text.AsSpan();
        var isBasic = text.IsBasic;
        foreach (var span in CollectionsMarshal.AsSpan(text.Words))
        {
            // Most words begin with an ASCII letter, which settles both.
            if (char.IsAsciiLetter(all[span.Start]))
            {
                withLetter++;
                nonSymbol++;
                characters += isBasic ? span.Length : text.Length(span);
                continue;
            }
            var word = span.Of(all);
            var (letter, other) = (false, false);
            foreach (var rune in word.EnumerateRunes())
            {
                letter |= Rune.IsLetter(rune);
                other |= !Punctuation.IsSymbol(rune.Value);
                if (letter && other) break;
            }
            if (letter) withLetter++;
            if (!other) continue;
            nonSymbol++;
            characters += text.Length(span);
        }
        return (nonSymbol, characters, withLetter);
    }

    private static (int All, int Bullets, int Ellipses) Lines(string text)
    {
        var (all, bullets, ellipses) = (0, 0, 0);
        foreach (var span in new LineSpans(text))
        {
            var line = span.Of(text);
            all++;
            if (WhiteSpace.TrimStart(line) is ['•' or '-', ..]) bullets++;
            if (WhiteSpace.TrimEnd(line) is [.., '.', '.', '.'] or [.., '…']) ellipses++;
        }
        return (all, bullets, ellipses);
    }

    private int StopWords(MeasuredText text)
    {
        var found = 0;
        var seen = new HashSet<int>();
        var all = text.Text.AsSpan();
        foreach (var span in CollectionsMarshal.AsSpan(text.Words))
        {
            // How a word begins and how long it is tells most that are none.
            if ((_lengths[all[span.Start] % _lengths.Length] & 1u << Math.Min(span.Length, 31)) == 0) continue;
            if (!_stopWords.TryGetValue(MeasuredText.HashOf(span.Of(all)), out var index) || !seen.Add(index)) continue;
            if (++found == _stopWords.Count) break;
        }
        return found;
    }

    // For what a stop word may begin with, a bit for each length; the last for all that are longer.
    private static uint[] Lengths(IReadOnlyList<string> stopWords)
    {
        var lengths = new uint[64];
        foreach (var word in stopWords.Where(w => w.Length > 0)) lengths[word[0] % lengths.Length] |= 1u << Math.Min(word.Length, 31);
        return lengths;
    }
}
