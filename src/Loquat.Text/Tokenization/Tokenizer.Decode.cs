using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Models;
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

    private IEnumerable<int> Counted(ReadOnlySpan<int> ids, bool skipSpecialTokens) =>
        ids.ToArray().Where(id => IdToToken(id) is not null && !(skipSpecialTokens && IsSpecial(id)));
}
