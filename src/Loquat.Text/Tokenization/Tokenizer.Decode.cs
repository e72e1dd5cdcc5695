using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Models.SentencePiece;
using Loquat.Text.Tokenization.Pipeline;

namespace Loquat.Text.Tokenization;

public sealed partial class Tokenizer
{
    // Made when first asked for: a tokenizer that only encodes needs none.
    private readonly Lazy<FastDecoder?> _decoder;

    /// <summary>The text of tokens. Ids outside the vocabulary count for nothing; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        if (Model is SentencePieceTokenizerModel pieces) return pieces.Decode(_added.Tokens.Count == 0 ? ids : [.. Counted(ids, skipSpecialTokens)], skipSpecialTokens);
        if (_decoder.Value is { } decoder) return decoder.Decode(ids, skipSpecialTokens);
        return string.Concat(Components.Decoder!.Decode([.. Counted(ids, skipSpecialTokens).Select(id => IdToToken(id)!)]));
    }

    /// <summary>The text of tokens. Ids outside the vocabulary count for nothing; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = true) =>
        Decode(ids is List<int> list ? CollectionsMarshal.AsSpan(list) : ids as int[] ?? [.. ids], skipSpecialTokens);

    /// <summary>Whether the text of the first tokens is known before the last one is.</summary>
    internal bool DecodesInStream => Model is SentencePieceTokenizerModel pieces ? !pieces.Denormalizes : _decoder.Value is { Streams: true };

    /// <summary>Whether a token becomes something else where it is the last.</summary>
    internal bool LastTokenMatters => Model is not SentencePieceTokenizerModel && _decoder.Value is { LastTokenMatters: true };

    /// <summary>Whether a token is a byte that another byte behind it may still make U+FFFD.</summary>
    internal bool IsByteOfRun(int id) => Model is not SentencePieceTokenizerModel && _decoder.Value is { } decoder && decoder.IsByteOfRun(id);

    private IEnumerable<int> Counted(ReadOnlySpan<int> ids, bool skipSpecialTokens) =>
        ids.ToArray().Where(id => IdToToken(id) is not null && !(skipSpecialTokens && IsSpecial(id)));
}
