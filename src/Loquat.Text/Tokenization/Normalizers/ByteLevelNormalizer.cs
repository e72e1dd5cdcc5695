using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Spells the UTF-8 bytes of the text in the byte alphabet (see <see cref="ByteAlphabet"/>).</summary>
public sealed class ByteLevelNormalizer : Normalizer
{
    public override void Normalize(AlignedText text) => ByteSpelling.Spell(text);

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "ByteLevel");
}
