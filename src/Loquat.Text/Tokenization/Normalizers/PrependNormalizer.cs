using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Puts a text before every text that is not empty.</summary>
public sealed class PrependNormalizer(string prepend) : Normalizer
{
    internal string Prefix => prepend;

    public override void Normalize(AlignedText text) => text.Prepend(prepend);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Prepend");
        json.WriteString("prepend", prepend);
    }
}
