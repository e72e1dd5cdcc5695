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
    private readonly List<int> _window = []; // the tokens given out last, and those waiting
    private int _given; // how many of them are given out
    private int _givenLength;

    /// <returns>The characters that this token completes; often none.</returns>
    public string Append(int id)
    {
        if (_isByteLevel) return AppendBytes(id);
        if (tokenizer.IdToToken(id) is null || skipSpecialTokens && tokenizer.IsSpecial(id)) return "";
        _window.Add(id);
        var text = tokenizer.Decode(_window, skipSpecialTokens);
        // U+FFFD at the end: bytes of a character that is not whole yet.
        return text.EndsWith('\uFFFD') ? "" : Give(text);
    }

    /// <returns>What is left: U+FFFD for a character that never became whole.</returns>
    public string Flush()
    {
        if (!_isByteLevel)
        {
            var left = Give(tokenizer.Decode(_window, skipSpecialTokens));
            _window.Clear();
            (_given, _givenLength) = (0, 0);
            return left;
        }
        var rest = System.Text.Encoding.UTF8.GetString([.. _pending]);
        _pending.Clear();
        return rest;
    }

    private string Give(string text)
    {
        var fresh = text.Length > _givenLength ? text[_givenLength..] : "";
        // What a token becomes depends on the one before it, on no other.
        if (_window.Count > _given && _given > 0) _window.RemoveRange(0, _given);
        _given = _window.Count;
        _givenLength = tokenizer.Decode(_window, skipSpecialTokens).Length;
        return fresh;
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
