using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>sentencepiece's cleaning for machine translation: control characters go, invisible and odd spaces become a space.</summary>
public sealed class NmtNormalizer : Normalizer
{
    public override void Normalize(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0) return;
        text.Filter(c => c is not (>= 0x01 and <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F));
        text.Map(c => c is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD ? ' ' : c);
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "Nmt");
}
