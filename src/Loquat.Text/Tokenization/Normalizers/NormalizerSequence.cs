using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Json;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>One after the other.</summary>
public sealed class NormalizerSequence(params IReadOnlyList<Normalizer> normalizers) : Normalizer
{
    public IReadOnlyList<Normalizer> Normalizers => normalizers;

    public override void Normalize(AlignedText text)
    {
        foreach (var normalizer in normalizers) normalizer.Normalize(text);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Sequence");
        JsonList.Write(json, "normalizers", normalizers, n => n.Write(json));
    }
}
