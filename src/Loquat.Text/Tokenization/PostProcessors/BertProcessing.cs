using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.PostProcessors;

/// <summary>`[CLS] A [SEP]`, and `B [SEP]` of type 1 for a second text (Devlin et al. 2018).</summary>
public sealed class BertProcessing((string Token, int Id) sep, (string Token, int Id) cls) : PostProcessor
{
    public override int AddedTokens(bool pair) => pair ? 3 : 2;

    internal override List<TokenRows> Process(List<TokenRows> encodings, bool addSpecialTokens) => !addSpecialTokens ? encodings : [.. encodings.Select((encoding, i) =>
        i == 0 ? Joined(Special(cls.Id, cls.Token, 0), encoding, Special(sep.Id, sep.Token, 0)) : Joined(encoding, Special(sep.Id, sep.Token, 1)))];

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "BertProcessing");
        WriteToken(json, "sep", sep);
        WriteToken(json, "cls", cls);
    }

    internal static void WriteToken(Utf8JsonWriter json, string name, (string Token, int Id) token)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(token.Token);
        json.WriteNumberValue(token.Id);
        json.WriteEndArray();
    }
}
