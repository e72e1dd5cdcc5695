using System.Text;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Cleaning;
using Loquat.Corpus.Preprocessing.Segmentation;

namespace Loquat.Corpus.Preprocessing.Deduplication;

/// <summary>What <see cref="RepeatedSentences"/> removes. Defaults: C4's, as datatrove has them.</summary>
public sealed record RepeatedSentencesOptions
{
    /// <summary>Sentences in a row that must be the same. Default: 3.</summary>
    public int Sentences { get; init; } = 3;

    /// <summary>Fewest words that a document must have left once something was removed; 0: any. Default: 50.</summary>
    public int MinDocWords { get; init; } = 50;

    /// <summary>Fewest sentences that it must have left; 0: any. Default: 3.</summary>
    public int MinNumSentences { get; init; } = 3;
}

/// <summary>
/// Removes rows of sentences that came before in the corpus (Raffel et al. 2020, section 2.2). The first occurrence stays. Documents come in the order of the corpus; one that did not change is kept as it is.
/// </summary>
public sealed class RepeatedSentences(RepeatedSentencesOptions? options = null)
{
    private readonly RepeatedSentencesOptions _options = options ?? new();
    private readonly HashSet<ulong> _seen = [];

    /// <summary>The sentences of a document and the hash of each row of them. May be made on any thread.</summary>
    public (List<TextSpan> Sentences, ulong[] Rows) Rows(string text)
    {
        var sentences = SimpleSentences.Ended(text, out _);
        var rows = new ulong[Math.Max(0, sentences.Count - _options.Sentences + 1)];
        if (rows.Length == 0) return (sentences, rows);
        var hashes = sentences.Select(s => Shingles.HashOf(SimplifiedText.Of(text.Substring(s.Start, s.Length)))).ToArray();
        for (var i = 0; i < rows.Length; i++) rows[i] = Shingles.Combine(hashes.AsSpan(i, _options.Sentences));
        return (sentences, rows);
    }

    /// <summary>The document without what came before; null where too little is left of it.</summary>
    public string? Next(string text) => Next(text, Rows(text));

    /// <inheritdoc cref="Next(string)"/>
    public string? Next(string text, (List<TextSpan> Sentences, ulong[] Rows) known)
    {
        var dropUntil = 0;
        var (kept, changed, last) = (new StringBuilder(), false, 0);
        for (var i = 0; i < known.Sentences.Count; i++)
        {
            if (i < known.Rows.Length && !_seen.Add(known.Rows[i])) (dropUntil, changed) = (i + _options.Sentences, true);
            if (i >= dropUntil) kept.Append(text, last, known.Sentences[i].End - last);
            last = known.Sentences[i].End;
        }
        if (!changed) return text;
        var left = WhiteSpace.Trim(kept.ToString()).ToString();
        if (left.Length == 0) return null;
        if (_options.MinDocWords > 0 && WordSpans.Of(left).Count < _options.MinDocWords) return null;
        return _options.MinNumSentences > 0 && SimpleSentences.Count(left) < _options.MinNumSentences ? null : left;
    }
}
