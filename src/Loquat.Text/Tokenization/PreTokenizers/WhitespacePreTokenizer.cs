using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Pieces are runs of word characters and runs of what is neither a word character nor white space: `\w+|[^\w\s]+`.</summary>
public sealed class WhitespacePreTokenizer : PreTokenizer
{
    private static readonly RunPattern _pattern = new(c => UnicodeTables.IsWhiteSpace(c) ? 0 : UnicodeTables.Is(c, CodePointSets.Word) ? 1 : 2);

    public override void PreTokenize(PreTokenizedText text) => text.Split(_pattern, SplitBehavior.Removed, invert: true);

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "Whitespace");
}
