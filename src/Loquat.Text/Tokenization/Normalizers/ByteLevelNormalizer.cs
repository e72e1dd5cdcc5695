using System.Text.Json;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Pipeline;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Spells the UTF-8 bytes of the text in the byte alphabet (see <see cref="ByteAlphabet"/>).</summary>
public sealed class ByteLevelNormalizer : Normalizer
{
    public override void Normalize(AlignedText text) => Spell(text);

    internal static void Spell(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0) return;
        var changes = new List<Change>(text.Text.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.Text.EnumerateRunes())
        {
            var count = rune.EncodeToUtf8(bytes);
            for (var i = 0; i < count; i++) changes.Add(new(ByteAlphabet.Character(bytes[i]), i == 0 ? 0 : 1));
        }
        text.Transform(changes, 0);
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "ByteLevel");
}
