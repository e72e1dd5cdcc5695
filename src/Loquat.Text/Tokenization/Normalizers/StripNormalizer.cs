using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Takes white space from the ends.</summary>
public sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override void Normalize(AlignedText text)
    {
        var (start, end) = (0, text.Text.Length);
        while (left && start < end && UnicodeTables.IsWhiteSpace(text.Text[start])) start++;
        while (right && end > start && UnicodeTables.IsWhiteSpace(text.Text[end - 1])) end--;
        if (start > 0 || end < text.Text.Length) text.Keep(start, end);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Strip");
        json.WriteBoolean("strip_left", left);
        json.WriteBoolean("strip_right", right);
    }
}
