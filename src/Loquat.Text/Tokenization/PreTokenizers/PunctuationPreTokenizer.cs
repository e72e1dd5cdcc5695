using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts at punctuation characters.</summary>
public sealed class PunctuationPreTokenizer(SplitBehavior behavior = SplitBehavior.Isolated) : PreTokenizer
{
    private static readonly CharacterPattern _punctuation = new(c => UnicodeTables.Is(c, CodePointSets.Punctuation));

    public override void PreTokenize(PreTokenizedText text) => text.Split(_punctuation, behavior);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Punctuation");
        json.WriteString("behavior", behavior.ToString());
    }
}
