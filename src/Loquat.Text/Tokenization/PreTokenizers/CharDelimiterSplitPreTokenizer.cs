using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts at one character, which goes.</summary>
public sealed class CharDelimiterSplitPreTokenizer(string delimiter) : PreTokenizer
{
    private readonly CharacterPattern _delimiter = new(c => c == char.ConvertToUtf32(delimiter, 0));

    public override void PreTokenize(PreTokenizedText text) => text.Split(_delimiter, SplitBehavior.Removed);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "CharDelimiterSplit");
        json.WriteString("delimiter", delimiter);
    }
}
