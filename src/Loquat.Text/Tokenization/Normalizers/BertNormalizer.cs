using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>BERT's cleaning (Devlin et al. 2018).</summary>
/// <param name="cleanText">Control characters go, white space becomes a space.</param>
/// <param name="handleChineseChars">CJK ideographs get a space on each side.</param>
/// <param name="stripAccents">Accents go; null: where <paramref name="lowercase"/> is set.</param>
/// <param name="lowercase">Letters become lower case.</param>
public sealed class BertNormalizer(bool cleanText = true, bool handleChineseChars = true, bool? stripAccents = null, bool lowercase = true) : Normalizer
{
    private static readonly LowercaseNormalizer _lowercase = new();

    internal bool CleansText => cleanText;

    internal bool Lowercases => lowercase;

    public override void Normalize(AlignedText text)
    {
        if (cleanText && text.Text.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
        {
            text.Filter(c => !UnicodeTables.Is(c, CodePointSets.BertControl));
            text.Map(c => UnicodeTables.IsWhiteSpace(c) ? ' ' : c);
        }
        if (handleChineseChars && text.Text.AsSpan().IndexOfAnyExceptInRange('\0', '\u33FF') >= 0) SpaceIdeographs(text);
        if ((stripAccents ?? lowercase) && text.Text.AsSpan().IndexOfAnyExceptInRange('\0', '\u00BF') >= 0)
        {
            UnicodeNormalization.Normalize(text, compatible: false, compose: false);
            text.Filter(c => !UnicodeTables.Is(c, CodePointSets.BertMark));
        }
        if (lowercase) _lowercase.Normalize(text);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("clean_text", cleanText);
        json.WriteBoolean("handle_chinese_chars", handleChineseChars);
        if (stripAccents is { } strip) json.WriteBoolean("strip_accents", strip);
        else json.WriteNull("strip_accents");
        json.WriteBoolean("lowercase", lowercase);
    }

    private static void SpaceIdeographs(AlignedText text)
    {
        var changes = new List<Change>(text.Text.Length + 16);
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (!IsIdeograph(rune.Value))
            {
                changes.Add(new(rune.Value, 0));
                continue;
            }
            changes.Add(new(' ', 0));
            changes.Add(new(rune.Value, 1));
            changes.Add(new(' ', 1));
        }
        text.Transform(changes, 0);
    }

    // The blocks as the reference has them, its gap from U+2B820 to U+2B91F included.
    private static bool IsIdeograph(int c) => c is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF
        or >= 0x2A700 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
}
