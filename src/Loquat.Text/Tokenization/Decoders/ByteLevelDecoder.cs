using System.Text.Json;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>From the byte alphabet back to bytes, and from UTF-8 to text; what is not UTF-8 becomes U+FFFD. The fields are kept for the file only.</summary>
public sealed class ByteLevelDecoder(bool addPrefixSpace = true, bool trimOffsets = true, bool useRegex = true) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens) bytes.AddRange(Bytes(token));
        return [System.Text.Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes))];
    }

    /// <summary>The bytes that a token spells; its UTF-8 where it is not in the alphabet.</summary>
    internal static byte[] Bytes(string token) => ByteAlphabet.Unspell(token) ?? System.Text.Encoding.UTF8.GetBytes(token);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", trimOffsets);
        json.WriteBoolean("use_regex", useRegex);
    }
}
