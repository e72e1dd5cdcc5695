using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Lower case, code point by code point, whatever the language; final sigma is not special.</summary>
public sealed class LowercaseNormalizer : Normalizer
{
    public override void Normalize(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyExceptInRange('\0', '@') < 0) return;
        var changes = new List<Change>(text.Text.Length + 1);
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (rune.Value != 0x130)
            {
                changes.Add(new(UnicodeTables.ToLower(rune.Value), 0));
                continue;
            }
            changes.Add(new('i', 0));
            changes.Add(new(0x307, 1));
        }
        text.Transform(changes, 0);
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "Lowercase");
}
