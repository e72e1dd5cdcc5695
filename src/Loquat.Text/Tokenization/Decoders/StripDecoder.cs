using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Takes a character from the ends of each token, at most so many times.</summary>
public sealed class StripDecoder(string content, int start, int stop) : Decoder
{
    internal override TokenPlaces? DependsOn => TokenPlaces.None;

    public override List<string> Decode(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i].AsSpan();
            for (var n = 0; n < start && token.StartsWith(content, StringComparison.Ordinal); n++) token = token[content.Length..];
            for (var n = 0; n < stop && token.EndsWith(content, StringComparison.Ordinal); n++) token = token[..^content.Length];
            if (token.Length != tokens[i].Length) tokens[i] = token.ToString();
        }
        return tokens;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Strip");
        json.WriteString(nameof(content), content);
        json.WriteNumber(nameof(start), start);
        json.WriteNumber(nameof(stop), stop);
    }
}
