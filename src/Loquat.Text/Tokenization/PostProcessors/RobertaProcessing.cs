using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.PostProcessors;

/// <summary>`&lt;s> A &lt;/s>`, and `&lt;/s> B &lt;/s>` for a second text, all of type 0 (Liu et al. 2019); offsets without the spaces that byte-level tokens begin with.</summary>
public sealed class RobertaProcessing((string Token, int Id) sep, (string Token, int Id) cls, bool trimOffsets, bool addPrefixSpace) : PostProcessor
{
    public override int AddedTokens(bool pair) => pair ? 4 : 2;

    internal override List<TokenRows> Process(List<TokenRows> encodings, bool addSpecialTokens)
    {
        foreach (var encoding in encodings)
        {
            if (trimOffsets) ByteLevelProcessing.Trim(encoding, addPrefixSpace);
            encoding.SetTypeIds(0);
            // As in the reference, parts keep their types where no tokens are added.
            if (!addSpecialTokens) continue;
            foreach (var part in encoding.Overflowing) part.SetTypeIds(0);
        }
        return !addSpecialTokens ? encodings : [.. encodings.Select((encoding, i) =>
            i == 0 ? Joined(Special(cls.Id, cls.Token, 0), encoding, End) : Joined(End, encoding, End))];
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "RobertaProcessing");
        BertProcessing.WriteToken(json, "sep", sep);
        BertProcessing.WriteToken(json, "cls", cls);
        json.WriteBoolean("trim_offsets", trimOffsets);
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
    }

    private TokenRows End => Special(sep.Id, sep.Token, 0);
}
