using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts around numbers: each digit alone, or whole runs.</summary>
public sealed class DigitsPreTokenizer(bool individualDigits = false) : PreTokenizer
{
    private static readonly CharacterPattern _digit = new(c => UnicodeTables.Is(c, CodePointSets.Numeric));

    public override void PreTokenize(PreTokenizedText text) => text.Split(_digit, individualDigits ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Digits");
        json.WriteBoolean("individual_digits", individualDigits);
    }
}
