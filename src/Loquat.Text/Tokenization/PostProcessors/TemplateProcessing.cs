using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Json;

namespace Loquat.Text.Tokenization.PostProcessors;

/// <summary>A template of texts and special tokens, one for a text alone and one for a pair.</summary>
public sealed class TemplateProcessing : PostProcessor
{
    private readonly Part[] _single;
    private readonly Part[] _pair;
    private readonly Dictionary<string, SpecialToken> _special;

    // Sequence: 0 for A, 1 for B, -1 for the special token of this name.
    internal readonly record struct Part(int Sequence, string Name, int TypeId);

    internal sealed record SpecialToken(string Name, int[] Ids, string[] Tokens);

    internal TemplateProcessing(Part[] single, Part[] pair, Dictionary<string, SpecialToken> special, string place)
    {
        (_single, _pair, _special) = (single, pair, special);
        foreach (var part in single.Concat(pair))
            if (part.Sequence < 0 && !special.ContainsKey(part.Name)) throw new DataException($"{place}: the template has the special token '{part.Name}', which 'special_tokens' has not.");
        if (single.Any(p => p.Sequence > 0)) throw new DataException($"{place}.single: a text alone has no sequence B.");
    }

    internal static TemplateProcessing Read(JsonField field)
    {
        var special = new Dictionary<string, SpecialToken>(StringComparer.Ordinal);
        foreach (var (name, value) in field.Optional("special_tokens")?.Properties() ?? [])
        {
            int[] ids = [.. value["ids"].Items().Select(i => i.Int())];
            string[] tokens = [.. value["tokens"].Items().Select(t => t.String())];
            if (ids.Length != tokens.Length) throw value.Expected("as many ids as tokens");
            special[name] = new(value["id"].String(), ids, tokens);
        }
        return new(Parts(field["single"]), Parts(field["pair"]), special, field.Place);
    }

    /// <summary>One token before each text and one after it.</summary>
    /// <param name="begin">Null: none.</param>
    /// <param name="end">Null: none.</param>
    public static TemplateProcessing Around((int Id, string Token)? begin, (int Id, string Token)? end)
    {
        var special = new Dictionary<string, SpecialToken>(StringComparer.Ordinal);
        Part[] Single(int sequence) => [.. Token(begin, sequence), new Part(sequence, "", sequence), .. Token(end, sequence)];
        Part[] Token((int Id, string Token)? token, int type)
        {
            if (token is not { } given) return [];
            special[given.Token] = new(given.Token, [given.Id], [given.Token]);
            return [new Part(-1, given.Token, type)];
        }
        return new(Single(0), [.. Single(0), .. Single(1)], special, "post_processor");
    }

    public override int AddedTokens(bool pair) => (pair ? _pair : _single).Sum(p => p.Sequence < 0 ? _special[p.Name].Ids.Length : 0);

    internal override List<TokenRows> Process(List<TokenRows> encodings, bool addSpecialTokens)
    {
        var output = new List<TokenRows>();
        foreach (var part in encodings.Count > 1 ? _pair : _single)
        {
            if (part.Sequence >= 0)
            {
                var encoding = encodings[part.Sequence].Clone();
                encoding.SetTypeIds(part.TypeId);
                output.Add(encoding);
            }
            else if (addSpecialTokens)
            {
                var (_, ids, tokens) = _special[part.Name];
                var encoding = new TokenRows(null);
                for (var i = 0; i < ids.Length; i++) encoding.Add(ids[i], tokens[i], default, part.TypeId, special: true, null, null);
                output.Add(encoding);
            }
        }
        return output;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "TemplateProcessing");
        WriteParts(json, "single", _single);
        WriteParts(json, "pair", _pair);
        json.WriteStartObject("special_tokens");
        foreach (var (name, token) in _special)
        {
            json.WriteStartObject(name);
            json.WriteString("id", token.Name);
            json.WriteStartArray("ids");
            foreach (var id in token.Ids) json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            foreach (var text in token.Tokens) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static Part[] Parts(JsonField field) => [.. field.Items().Select(item =>
    {
        if (item.Optional("SpecialToken") is { } special) return new Part(-1, special["id"].String(), special["type_id"].Int());
        var sequence = item["Sequence"];
        return new Part(sequence["id"].String() switch { "A" => 0, "B" => 1, _ => throw sequence["id"].Expected("A or B") }, "", sequence["type_id"].Int());
    })];

    private static void WriteParts(Utf8JsonWriter json, string name, Part[] parts)
    {
        json.WriteStartArray(name);
        foreach (var part in parts)
        {
            json.WriteStartObject();
            json.WriteStartObject(part.Sequence < 0 ? nameof(SpecialToken) : nameof(Part.Sequence));
            json.WriteString("id", part.Sequence switch { 0 => "A", 1 => "B", _ => part.Name });
            json.WriteNumber("type_id", part.TypeId);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
