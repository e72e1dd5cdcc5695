using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>The suffix that ends a word becomes a space, at the very end nothing.</summary>
public sealed class BpeDecoder(string suffix = "</w>") : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        if (suffix.Length > 0)
            for (var i = 0; i < tokens.Count; i++) tokens[i] = tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "BPEDecoder");
        json.WriteString(nameof(suffix), suffix);
    }
}
