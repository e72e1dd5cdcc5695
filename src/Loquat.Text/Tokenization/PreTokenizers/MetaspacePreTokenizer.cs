using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Writes spaces as a mark, and cuts before each mark.</summary>
/// <param name="replacement">The mark; U+2581 with sentencepiece.</param>
/// <param name="scheme">Where a mark is put before the text.</param>
/// <param name="split">Whether to cut.</param>
public sealed class MetaspacePreTokenizer(string replacement = "\u2581", PrependScheme scheme = PrependScheme.Always, bool split = true) : PreTokenizer
{
    private readonly CharacterPattern _mark = new(c => c == char.ConvertToUtf32(replacement, 0));

    internal string Replacement => replacement;

    internal PrependScheme Scheme => scheme;

    internal bool Splits => split;

    public override void PreTokenize(PreTokenizedText text) => text.Split((piece, pieces) =>
    {
        var spaces = new List<PatternMatch>();
        _space.Find(piece.Text, spaces);
        piece.Replace(spaces, replacement);
        if ((scheme == PrependScheme.Always || scheme == PrependScheme.First && piece.Origin == 0) && !piece.Text.StartsWith(replacement, StringComparison.Ordinal))
            piece.Prepend(replacement);
        if (split) PatternSplit.Cut(piece, _mark, SplitBehavior.MergedWithNext, invert: false, pieces);
        else pieces.Add(new(piece, null));
    });

    private static readonly CharacterPattern _space = new(c => c == ' ');

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Metaspace");
        json.WriteString("replacement", replacement);
        json.WriteString("prepend_scheme", scheme.ToString().ToLowerInvariant());
        json.WriteBoolean("split", split);
    }
}
