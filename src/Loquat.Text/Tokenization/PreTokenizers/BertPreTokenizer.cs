using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts at white space, which goes, and around each punctuation character (Devlin et al. 2018).</summary>
public sealed class BertPreTokenizer : PreTokenizer
{
    private static readonly CharacterPattern _whiteSpace = new(UnicodeTables.IsWhiteSpace);
    private static readonly CharacterPattern _punctuation = new(c => UnicodeTables.Is(c, CodePointSets.Punctuation));

    public override void PreTokenize(PreTokenizedText text)
    {
        text.Split(_whiteSpace, SplitBehavior.Removed);
        text.Split(_punctuation, SplitBehavior.Isolated);
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "BertPreTokenizer");
}
