using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.PreTokenizers;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Pipeline;

/// <summary>
/// Words between ASCII spaces, and in ASCII words the parts that the pre-tokenizer cuts them into, are normalized, cut and encoded alone, and remembered as they stood in the text.
/// For normalizers and pre-tokenizers that do nothing over the end of a word.
/// </summary>
internal sealed class WordEncoder : FastEncoder
{
    private readonly Normalizer? _normalizer;
    private readonly PreTokenizer _preTokenizer;
    private readonly TokenizerModel _model;
    private readonly Kind[] _kinds; // of ASCII

    private WordEncoder(Normalizer? normalizer, PreTokenizer preTokenizer, TokenizerModel model, Kind[] kinds) =>
        (_normalizer, _preTokenizer, _model, _kinds) = (normalizer, preTokenizer, model, kinds);

    private enum Kind : byte
    {
        Odd, // only the parts know what becomes of it and its neighbours
        Space,
        Letter, // of a run, as all below but the last
        Mark,
        Single, // a piece of its own
    }

    public override bool TakesNormalizer => _normalizer is not null;

    /// <summary>The encoder for these parts, or null where they reach over the end of a word.</summary>
    public static WordEncoder? For(Normalizer? normalizer, PreTokenizer? preTokenizer, TokenizerModel model)
    {
        var first = preTokenizer is PreTokenizerSequence { PreTokenizers: [var one, ..] } ? one : preTokenizer;
        if (!StaysInWord(normalizer) || UsesFirst(preTokenizer)) return null;
        Func<int, Kind>? kind = first switch
        {
            WhitespaceSplitPreTokenizer => _ => Kind.Letter,
            WhitespacePreTokenizer => c => UnicodeTables.Is(c, CodePointSets.Word) ? Kind.Letter : Kind.Mark,
            BertPreTokenizer => c => UnicodeTables.Is(c, CodePointSets.Punctuation) ? Kind.Single : Kind.Letter,
            _ => null,
        };
        return kind is null ? null : new(normalizer, preTokenizer!, model, [.. Enumerable.Range(0, 128).Select(c => c is ' ' or '\t' or '\n' or '\r' ? Kind.Space : c is < ' ' or 127 ? Kind.Odd : kind(c))]);
    }

    public override void Encode(ReadOnlySpan<char> text, bool atStart, Workspace work)
    {
        var kinds = _kinds;
        var (word, count) = (0, work.Count); // where the word begins, and how many ids there were
        for (int at = 0, end; at < text.Length; at = end)
        {
            end = at + 1;
            var kind = text[at] < kinds.Length ? kinds[text[at]] : Kind.Odd;
            if (kind == Kind.Space)
            {
                (word, count) = (end, work.Count);
                continue;
            }
            if (kind == Kind.Odd)
            {
                work.Cut(count);
                while (end < text.Length && (text[end] >= kinds.Length || kinds[text[end]] != Kind.Space)) end++;
                at = word;
            }
            else if (kind != Kind.Single)
            {
                while (end < text.Length && text[end] < kinds.Length && kinds[text[end]] == kind) end++;
            }
            EncodeCached(text[at..end], work);
        }
    }

    protected override void EncodeNew(ReadOnlySpan<char> piece, Workspace work)
    {
        var aligned = new AlignedText(piece.ToString(), aligned: false);
        _normalizer?.Normalize(aligned);
        var pieces = new PreTokenizedText(aligned);
        _preTokenizer.PreTokenize(pieces);
        foreach (var (part, _) in pieces.Pieces)
            if (part.Text.Length > 0) _model.EncodeIds(part.Text, work);
    }

    // Whether what becomes of a word depends on nothing behind the spaces around it, which the pre-tokenizer takes away in any case; and ASCII stays ASCII of its kind.
    private static bool StaysInWord(Normalizer? normalizer) => normalizer switch
    {
        null or BertNormalizer or LowercaseNormalizer or UnicodeForm or StripAccentsNormalizer or StripNormalizer => true,
        ReplaceNormalizer { Pattern: RegexPattern { Regex: @"\s+" or @"\s{2,}" or " +" or " {2,}" }, Content: " " } => true,
        NormalizerSequence sequence => sequence.Normalizers.All(StaysInWord),
        _ => false,
    };
}
