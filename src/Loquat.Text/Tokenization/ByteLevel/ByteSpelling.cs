using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.ByteLevel;

/// <summary>Text spelled in the byte alphabet.</summary>
internal static class ByteSpelling
{
    /// <summary>Each byte of the text's UTF-8 becomes its character of the alphabet.</summary>
    public static void Spell(AlignedText text)
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
}
