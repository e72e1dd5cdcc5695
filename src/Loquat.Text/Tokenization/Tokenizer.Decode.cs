using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Models;

namespace Loquat.Text.Tokenization;

public sealed partial class Tokenizer
{
    private byte[]?[]? _bytes;
    private (string? Token, bool Special)[]? _table;

    /// <summary>The text of tokens. Ids outside the vocabulary count for nothing; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = true)
    {
        if (Components.Decoder is ByteLevelDecoder) return DecodeBytes(ids, skipSpecialTokens);
        var table = _table ?? Table();
        if (Model is SentencePieceTokenizerModel pieces)
            return pieces.Decode([.. ids.Where(id => (uint)id < (uint)table.Length && !(skipSpecialTokens && table[id].Special))]);
        var tokens = new List<string>();
        foreach (var id in ids)
            if ((uint)id < (uint)table.Length && table[id] is { Token: { } token } entry && !(skipSpecialTokens && entry.Special)) tokens.Add(token);
        return Components.Decoder is { } decoder ? string.Concat(decoder.Decode(tokens)) : string.Join(' ', tokens);
    }

    // Made when first asked for: a tokenizer that only encodes needs none.
    private (string? Token, bool Special)[] Table()
    {
        var table = new (string?, bool)[VocabSize];
        for (var id = 0; id < VocabSize; id++) table[id] = (IdToToken(id), IsSpecial(id));
        return _table = table;
    }

    private string DecodeBytes(IEnumerable<int> ids, bool skipSpecialTokens)
    {
        var work = _workspaces.Rent();
        try
        {
            var count = 0;
            foreach (var id in ids)
            {
                var bytes = BytesOf(id, skipSpecialTokens);
                if (bytes.Length > work.Bytes.Length - count) Array.Resize(ref work.Bytes, Math.Max(work.Bytes.Length * 2, count + bytes.Length));
                bytes.CopyTo(work.Bytes.AsSpan(count));
                count += bytes.Length;
            }
            return System.Text.Encoding.UTF8.GetString(work.Bytes, 0, count);
        }
        finally
        {
            _workspaces.Return(work);
        }
    }

    /// <summary>The bytes that a token of a byte-level tokenizer stands for; none for an id outside the vocabulary.</summary>
    internal ReadOnlySpan<byte> BytesOf(int id, bool skipSpecialTokens)
    {
        var table = _bytes ?? TokenBytes();
        if ((uint)id >= (uint)VocabSize) return default;
        return table[skipSpecialTokens ? id : VocabSize + id];
    }

    // All ids twice: without special tokens, then with them.
    private byte[]?[] TokenBytes()
    {
        var table = new byte[]?[VocabSize * 2];
        var bytes = new List<byte>();
        for (var id = 0; id < VocabSize; id++)
        {
            if (IdToToken(id) is not { } token) continue;
            bytes.Clear();
            ByteLevelDecoder.Append(token, bytes);
            table[VocabSize + id] = CollectionsMarshal.AsSpan(bytes).ToArray();
            if (!_added.IsSpecial(token)) table[id] = table[VocabSize + id];
        }
        return _bytes = table;
    }
}
