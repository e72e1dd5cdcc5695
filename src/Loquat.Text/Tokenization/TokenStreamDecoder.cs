using System.Buffers;
using System.Text;

namespace Loquat.Text.Tokenization;

/// <summary>Decodes tokens as they come, giving whole characters only: a character whose bytes are spread over tokens appears with the last of them.</summary>
public sealed class TokenStreamDecoder(Tokenizer tokenizer, bool skipSpecialTokens = true)
{
    private readonly List<byte> _pending = [];

    /// <returns>The characters that this token completes; often none.</returns>
    public string Append(int id)
    {
        if (skipSpecialTokens && tokenizer.IsSpecial(id)) return "";
        tokenizer.AppendBytes(id, _pending);
        var bytes = _pending.ToArray();
        var complete = 0;
        while (complete < bytes.Length)
        {
            var status = Rune.DecodeFromUtf8(bytes.AsSpan(complete), out _, out var consumed);
            if (status == OperationStatus.NeedMoreData) break;
            complete += consumed;
        }
        _pending.RemoveRange(0, complete);
        return Encoding.UTF8.GetString(bytes, 0, complete);
    }

    /// <returns>What is left: U+FFFD for a character that never became whole.</returns>
    public string Flush()
    {
        var rest = Encoding.UTF8.GetString([.. _pending]);
        _pending.Clear();
        return rest;
    }
}
