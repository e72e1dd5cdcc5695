using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace Loquat.Text.Tokenization;

/// <summary>A tokenizer of Loquat's as a <see cref="Microsoft.ML.Tokenizers.Tokenizer"/>, for programs that take those. No special tokens are added. Any number of threads may use one.</summary>
public sealed class MicrosoftTokenizer(Tokenizer tokenizer) : Microsoft.ML.Tokenizers.Tokenizer
{
    /// <summary>What is adapted.</summary>
    public Tokenizer Inner => tokenizer;

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var whole = text ?? new string(textSpan);
        var encoding = tokenizer.Encode(whole, addSpecialTokens: false);
        var places = encoding.Utf16Offsets;
        var count = Math.Min(encoding.Count, settings.MaxTokenCount);
        var tokens = new EncodedToken[count];
        for (var i = 0; i < count; i++) tokens[i] = new EncodedToken(encoding.Ids[i], encoding.Tokens[i], new Range(places[i].Start, places[i].End));
        return new EncodeResults<EncodedToken>
        {
            Tokens = tokens,
            NormalizedText = null,
            CharsConsumed = count == encoding.Count ? whole.Length : count == 0 ? 0 : places[count - 1].End,
        };
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        (idsConsumed, charsWritten) = (0, 0);
        var decoder = new TokenStreamDecoder(tokenizer, skipSpecialTokens: false);
        foreach (var id in ids)
        {
            if (tokenizer.IdToToken(id) is null) return OperationStatus.InvalidData;
            if (!Append(decoder.Append(id), destination, ref charsWritten)) return OperationStatus.DestinationTooSmall;
            idsConsumed++;
        }
        return Append(decoder.Flush(), destination, ref charsWritten) ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    private static bool Append(string text, Span<char> destination, ref int written)
    {
        if (!text.AsSpan().TryCopyTo(destination[written..])) return false;
        written += text.Length;
        return true;
    }
}
