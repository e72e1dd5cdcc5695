using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Takes combining marks away; letters that hold their accent in themselves need a decomposition before.</summary>
public sealed class StripAccentsNormalizer : Normalizer
{
    public override void Normalize(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0) return;
        text.Filter(c => !UnicodeTables.Is(c, CodePointSets.CombiningMark));
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "StripAccents");
}
