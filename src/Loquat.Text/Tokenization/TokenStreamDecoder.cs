using System.Buffers;
using System.Text;
using Loquat.Text.Tokenization.Decoders;

namespace Loquat.Text.Tokenization;

/// <summary>
/// Decodes tokens as they come, giving whole characters only: a character whose bytes are spread over tokens appears with the last of them.
/// All that it gives, joined, is what <see cref="Tokenizer.Decode(ReadOnlySpan{int}, bool)"/> gives for all tokens. For one thread.
/// </summary>
public sealed class TokenStreamDecoder(Tokenizer tokenizer, bool skipSpecialTokens = true)
{
    private readonly bool _isByteLevel = tokenizer.Components.Decoder is ByteLevelDecoder;
    private readonly List<byte> _pending = [];
    private readonly List<int> _window = []; // the last token before which nothing matters any more, and those after it
    private int _given; // how much of the window's text is given out

    /// <returns>The characters that this token completes; often none. Where later tokens may still change them, they wait.</returns>
    public string Append(int id)
    {
        if (_isByteLevel) return AppendBytes(id);
        if (tokenizer.IdToToken(id) is null || skipSpecialTokens && tokenizer.IsSpecial(id)) return "";
        _window.Add(id);
        if (!tokenizer.DecodesInStream || tokenizer.IsByteOfRun(id)) return "";
        var text = tokenizer.Decode(_window, skipSpecialTokens);
        // U+FFFD at the end: bytes of a character that is not whole yet.
        if (text.EndsWith('\uFFFD')) return "";
        var certain = tokenizer.LastTokenMatters ? text.AsSpan().CommonPrefixLength(tokenizer.Decode([.. _window, id], skipSpecialTokens)) : text.Length;
        var fresh = text[_given..certain];
        _given = certain;
        if (tokenizer.Decode([id], skipSpecialTokens) is { Length: > 0 } alone && text.Length - certain <= alone.Length)
        {
            _window.RemoveRange(0, _window.Count - 1);
            _given = alone.Length - (text.Length - certain);
        }
        return fresh;
    }

    /// <returns>What is left: U+FFFD for a character that never became whole.</returns>
    public string Flush()
    {
        if (!_isByteLevel)
        {
            var left = tokenizer.Decode(_window, skipSpecialTokens)[_given..];
            _window.Clear();
            _given = 0;
            return left;
        }
        var rest = System.Text.Encoding.UTF8.GetString([.. _pending]);
        _pending.Clear();
        return rest;
    }

    private string AppendBytes(int id)
    {
        if (tokenizer.IdToToken(id) is { } token && !(skipSpecialTokens && tokenizer.IsSpecial(id))) _pending.AddRange(ByteLevelDecoder.Bytes(token));
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending);
        var complete = 0;
        while (complete < bytes.Length && Rune.DecodeFromUtf8(bytes[complete..], out _, out var consumed) != OperationStatus.NeedMoreData) complete += consumed;
        var text = System.Text.Encoding.UTF8.GetString(bytes[..complete]);
        _pending.RemoveRange(0, complete);
        return text;
    }
}
