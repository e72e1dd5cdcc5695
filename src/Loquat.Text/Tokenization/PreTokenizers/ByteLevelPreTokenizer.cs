using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>GPT-2's (Radford et al. 2019): cut by its pattern, then spell the UTF-8 bytes in the byte alphabet.</summary>
/// <param name="addPrefixSpace">Whether a space is put before a text that does not begin with one.</param>
/// <param name="trimOffsets">For the post-processor of the same name; kept in the file.</param>
/// <param name="useRegex">Whether GPT-2's pattern cuts; without, the text was cut before.</param>
public sealed class ByteLevelPreTokenizer(bool addPrefixSpace = true, bool trimOffsets = true, bool useRegex = true) : PreTokenizer
{
    private static readonly RegexPattern _pattern = new(SplitPattern.Gpt2.Regex);

    internal bool AddsPrefixSpace => addPrefixSpace;

    internal bool UsesRegex => useRegex;

    public override void PreTokenize(PreTokenizedText text) => text.Split((piece, pieces) =>
    {
        if (addPrefixSpace && !piece.Text.StartsWith(' ')) piece.Prepend(" ");
        var from = pieces.Count;
        if (useRegex) PatternSplit.Cut(piece, _pattern, SplitBehavior.Isolated, invert: false, pieces);
        else pieces.Add(new(piece, null));
        for (var i = from; i < pieces.Count; i++) ByteSpelling.Spell(pieces[i].Text);
    });

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", trimOffsets);
        json.WriteBoolean("use_regex", useRegex);
    }
}
