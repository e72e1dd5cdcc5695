using System.IO.Hashing;
using System.Runtime.CompilerServices;
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
    internal ulong[] WordHashes => _hashes ??= Hash();

    public ReadOnlySpan<char> Word(int index) => Words[index].Of(Text);

    /// <summary>The length of a piece in characters as Unicode counts them.</summary>
    public int Length(TextSpan piece) => IsBasic ? piece.Length : WhiteSpace.CodePoints(piece.Of(Text));

    private ulong[] Hash()
    {
        var words = CollectionsMarshal.AsSpan(Words);
        var text = Text.AsSpan();
        var hashes = new ulong[words.Length];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = HashOf(words[i].Of(text));
        return hashes;
    }

    /// <summary>A hash of a piece of text: most are words, which two products are enough for.</summary>
    internal static ulong HashOf(ReadOnlySpan<char> text)
    {
        const ulong One = 0xa0761d6478bd642f, Two = 0xe7037ed1a0b428db, Three = 0x8ebc6af09c88c6e3, Four = 0x589965cc75374cc3;
        var n = text.Length;
        if (n is 0 or > 16) return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text));
        if (n < 4) return Fold(Fold((text[0] | (ulong)text[n / 2] << 16 | (ulong)text[n - 1] << 32) ^ One, (ulong)n ^ Two), Three);
        var hash = Fold(At(text, 0) ^ One, At(text, n - 4) ^ Two ^ (ulong)n);
        return n <= 8 ? Fold(hash, Three) : Fold(hash ^ Three, Fold(At(text, 4) ^ Three, At(text, n - 8) ^ Four) ^ Four);
    }

    private static ulong At(ReadOnlySpan<char> text, int index) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<char, byte>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), index)));

    private static ulong Fold(ulong a, ulong b) => Math.BigMul(a, b, out var low) ^ low;
}
