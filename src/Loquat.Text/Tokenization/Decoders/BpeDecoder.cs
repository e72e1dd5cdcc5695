using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>The suffix that ends a word becomes a space, at the very end nothing.</summary>
public sealed class BpeDecoder(string suffix = "</w>") : Decoder
{
    internal override TokenPlaces? DependsOn => TokenPlaces.Last;

    public override List<string> Decode(List<string> tokens)
    {
        if (suffix.Length == 0) return tokens;
        for (var i = 0; i < tokens.Count; i++)
        {
            var (token, space) = (tokens[i], i == tokens.Count - 1 ? "" : " ");
            var at = token.AsSpan().IndexOf(suffix);
            if (at < 0) continue;
            tokens[i] = at + suffix.Length == token.Length ? string.Concat(token.AsSpan(0, at), space) : token.Replace(suffix, space, StringComparison.Ordinal);
        }
        return tokens;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "BPEDecoder");
        json.WriteString(nameof(suffix), suffix);
    }
}
