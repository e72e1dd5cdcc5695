using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>The mark becomes a space; in the first token nothing, where the mark was put before the text.</summary>
public sealed class MetaspaceDecoder(string replacement = "\u2581", PrependScheme scheme = PrependScheme.Always, bool split = true) : Decoder
{
    internal override TokenPlaces? DependsOn => scheme == PrependScheme.Never ? TokenPlaces.None : TokenPlaces.First;

    public override List<string> Decode(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            tokens[i] = tokens[i].Replace(replacement, i == 0 && scheme != PrependScheme.Never ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Metaspace");
        json.WriteString(nameof(replacement), replacement);
        json.WriteString("prepend_scheme", scheme.ToString().ToLowerInvariant());
        json.WriteBoolean(nameof(split), split);
    }
}
