using System.Text.Json;
using Loquat.Text.Tokenization.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>One after the other.</summary>
public sealed class DecoderSequence(params IReadOnlyList<Decoder> decoders) : Decoder
{
    public IReadOnlyList<Decoder> Decoders => decoders;

    public override List<string> Decode(List<string> tokens)
    {
        foreach (var decoder in decoders) tokens = decoder.Decode(tokens);
        return tokens;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Sequence");
        JsonList.Write(json, nameof(decoders), decoders, d => d.Write(json));
    }
}
