using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Neighbouring byte tokens `&lt;0x00>` to `&lt;0xFF>` become the text they spell; where that is not UTF-8, each becomes U+FFFD.</summary>
public sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    public override List<string> Decode(List<string> tokens)
    {
        var output = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                bytes.Add(value);
                continue;
            }
            Flush(bytes, output);
            output.Add(token);
        }
        Flush(bytes, output);
        return output;
    }

    /// <summary>The byte that a token of the form `&lt;0x41>` stands for, or null.</summary>
    internal static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(token[3] == '+' ? 4 : 3, token[3] == '+' ? 1 : 2), NumberStyles.AllowHexSpecifier, null, out var value) ? value : null;

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "ByteFallback");

    private static void Flush(List<byte> bytes, List<string> output)
    {
        if (bytes.Count == 0) return;
        try
        {
            output.Add(_strict.GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            for (var i = 0; i < bytes.Count; i++) output.Add("\uFFFD");
        }
        bytes.Clear();
    }
}
