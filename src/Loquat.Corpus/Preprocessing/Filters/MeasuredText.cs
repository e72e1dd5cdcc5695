using System.IO.Hashing;
using System.Runtime.InteropServices;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>A text and its words, cut once for all the filters that look at it.</summary>
public sealed class MeasuredText(string text)
{
    private List<TextSpan>? _words;
    private ulong[]? _hashes;
    private int _codePoints = -1;

    public string Text { get; } = text;

    /// <summary>Characters as Unicode counts them.</summary>
    public int CodePoints => _codePoints >= 0 ? _codePoints : _codePoints = WhiteSpace.CodePoints(Text);

    /// <summary>Whether characters and UTF-16 units are the same.</summary>
    public bool IsBasic => CodePoints == Text.Length;

    /// <summary>Runs of what is not white space.</summary>
    public List<TextSpan> Words => _words ??= WordSpans.Of(Text);

    /// <summary>A hash of each word.</summary>
    internal ReadOnlySpan<ulong> WordHashes => _hashes ??= Hash();

    public ReadOnlySpan<char> Word(int index) => Words[index].Of(Text);

    /// <summary>The length of a piece in characters as Unicode counts them.</summary>
    public int Length(TextSpan piece) => IsBasic ? piece.Length : WhiteSpace.CodePoints(piece.Of(Text));

    private ulong[] Hash()
    {
        var hashes = new ulong[Words.Count];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = HashOf(Words[i].Of(Text));
        return hashes;
    }

    internal static ulong HashOf(ReadOnlySpan<char> text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text));
}
