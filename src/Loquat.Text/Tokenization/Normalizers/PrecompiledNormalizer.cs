using System.Globalization;
using System.Text;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>A character map of sentencepiece, compiled into a trie (see <see cref="CharsMap"/>).</summary>
/// <remarks>As in the reference, a short grapheme is looked up whole first, then each of its code points.</remarks>
public sealed class PrecompiledNormalizer : Normalizer
{
    private const int LongestGrapheme = 5; // UTF-8 bytes

    private readonly string _encoded;
    private readonly CharsMap? _map;

    /// <param name="base64">The map, as `tokenizer.json` holds it.</param>
    internal PrecompiledNormalizer(string base64, string place)
    {
        _encoded = base64;
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length)) throw new DataException($"{place}: expected bytes in base 64.");
        _map = CharsMap.Read(bytes.AsMemory(0, length), place);
    }

    public override void Normalize(AlignedText text)
    {
        if (_map is null) return;
        var changes = new List<Change>(text.Text.Length);
        var changed = false;
        for (int at = 0, length; at < text.Text.Length; at += length)
        {
            var rest = text.Text.AsSpan(at);
            length = rest[0] < 128 && (rest.Length == 1 || rest[1] < 128 && rest[0] != '\r') ? 1 : StringInfo.GetNextTextElementLength(rest);
            var grapheme = rest[..length];
            if (Encoding.UTF8.GetByteCount(grapheme) <= LongestGrapheme && Look(grapheme, changes)) changed = true;
            else
                for (int i = 0, next; i < grapheme.Length; i = next)
                {
                    var c = Unicode.CodePoints.At(grapheme, i, out next);
                    if (Look(grapheme[i..next], changes)) changed = true;
                    else changes.Add(new(c, 0));
                }
        }
        if (changed) text.Transform(changes, 0);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Precompiled");
        json.WriteString("precompiled_charsmap", _encoded);
    }

    // Extra code points belong to the last that was there; a removed one to the last that stays.
    private bool Look(ReadOnlySpan<char> part, List<Change> changes)
    {
        Span<byte> bytes = stackalloc byte[16];
        var count = Encoding.UTF8.GetBytes(part, bytes);
        if (_map!.MatchShortest(bytes[..count], out var replacement) == 0) return false;
        var from = changes.Count;
        foreach (var rune in Encoding.UTF8.GetString(replacement).EnumerateRunes()) changes.Add(new(rune.Value, 0));
        var more = changes.Count - from - CountCodePoints(part);
        for (var i = 1; i <= more; i++) changes[^i] = changes[^i] with { Offset = 1 };
        if (more < 0 && changes.Count > 0) changes[^1] = changes[^1] with { Offset = changes[^1].Offset + more };
        return true;
    }

    private static int CountCodePoints(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }
}
