using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PostProcessors;

/// <summary>Takes the spaces that byte-level tokens begin or end with out of their offsets.</summary>
public sealed class ByteLevelProcessing(bool addPrefixSpace = true, bool trimOffsets = true, bool useRegex = true) : PostProcessor
{
    private const int SpelledSpace = 'Ġ';

    public override int AddedTokens(bool pair) => 0;

    internal override List<TokenRows> Process(List<TokenRows> encodings, bool addSpecialTokens)
    {
        if (trimOffsets)
            foreach (var encoding in encodings) Trim(encoding, addPrefixSpace);
        return encodings;
    }

    /// <summary>Trims an encoding and its overflowing parts.</summary>
    internal static void Trim(TokenRows encoding, bool addPrefixSpace)
    {
        for (var i = 0; i < encoding.Count; i++)
        {
            var (leading, trailing) = Spaces(encoding.Tokens[i]);
            var (start, end) = encoding.Offsets[i];
            if (leading > 0)
            {
                // One space may be that which was put before the text, and has no place in it; more were there.
                if (addPrefixSpace && leading == 1 && (i == 0 || start == 0)) leading = 0;
                start = Math.Min(start + leading, end);
            }
            if (trailing > 0 && end >= trailing) end = Math.Max(end - trailing, start);
            encoding.Offsets[i] = new(start, end);
        }
        foreach (var part in encoding.Overflowing) Trim(part, addPrefixSpace);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", trimOffsets);
        json.WriteBoolean("use_regex", useRegex);
    }

    private static (int Leading, int Trailing) Spaces(string token)
    {
        var (leading, trailing) = (0, 0);
        foreach (var c in token)
        {
            if (c != SpelledSpace && !UnicodeTables.IsWhiteSpace(c)) break;
            leading++;
        }
        for (var i = token.Length - 1; i >= 0 && (token[i] == SpelledSpace || UnicodeTables.IsWhiteSpace(token[i])); i--) trailing++;
        return (leading, trailing);
    }
}
