using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts at white space, which goes.</summary>
public sealed class WhitespaceSplitPreTokenizer : PreTokenizer
{
    private static readonly CharacterPattern _whiteSpace = new(UnicodeTables.IsWhiteSpace);

    public override void PreTokenize(PreTokenizedText text) => text.Split(_whiteSpace, SplitBehavior.Removed);

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "WhitespaceSplit");
}
