using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Joins all into one.</summary>
public sealed class FuseDecoder : Decoder
{
    public override List<string> Decode(List<string> tokens) => [string.Concat(tokens)];

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "Fuse");
}
