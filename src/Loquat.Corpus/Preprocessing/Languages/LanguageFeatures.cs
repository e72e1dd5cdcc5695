using System.Globalization;
using System.Runtime.CompilerServices;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Languages;

/// <summary>Takes the buckets of a text.</summary>
internal interface IBucketReceiver
{
    void Add(int bucket);
}

/// <summary>
/// What a language is known by: its runs of one to five characters, in lower case, with the beginnings and ends of words, its words, and Han characters that no kana stand among. Digits, punctuation and symbols say nothing.
/// Each is a number below the number of buckets, which a run shares with others that hash alike.
/// </summary>
internal static class LanguageFeatures
{
    /// <summary>The longest run.</summary>
    public const int Longest = 5;

    /// <summary>The most buckets that a character can have.</summary>
    public const int MostPerCharacter = Longest + 2;

    private const char Skipped = '\0', Boundary = ' ';
    private const int LongestWord = 24, MostHan = 48;
    private const uint WordSeed = 0x51ed270bu, HanSeed = 0x2545f491u;

    // Lower case of letters; a space for what divides words; nothing for marks that come and go.
    private static readonly char[] _characters = Table();

    /// <summary>Tells each run's bucket, in the text's order.</summary>
    /// <param name="bits">Binary logarithm of the number of buckets.</param>
    /// <param name="whole">Whether it is a whole text, no piece of one.</param>
    /// <returns>How many there were.</returns>
    public static int Read<T>(ReadOnlySpan<char> text, int bits, ref T receiver, bool whole = true) where T : struct, IBucketReceiver, allows ref struct
    {
        uint c0 = Boundary, c1 = 0, c2 = 0, c3 = 0, c4; // the last characters, newest first
        var (run, count, shift, han, kana) = (1, 0, 32 - bits, 0, 0);
        var (word, letters) = (WordSeed, 0);
        var table = _characters;
        for (var i = 0; i <= text.Length; i++)
        {
            uint c = i == text.Length ? Boundary : table[text[i]];
            if (c == Skipped || c == Boundary && c0 == Boundary) continue;
            (c4, c3, c2, c1, c0) = (c3, c2, c1, c0, c);
            if (run < Longest) run++;
            var hash = Step(0x811c9dc5u, c0);
            if (c != Boundary) Tell(ref receiver, hash + 1, shift, ref count);
            hash = Step(hash, c1);
            Tell(ref receiver, hash + 2, shift, ref count);
            if (run >= 3) Tell(ref receiver, (hash = Step(hash, c2)) + 3, shift, ref count);
            if (run >= 4) Tell(ref receiver, (hash = Step(hash, c3)) + 4, shift, ref count);
            if (run >= 5) Tell(ref receiver, Step(hash, c4) + 5, shift, ref count);
            if (c == Boundary)
            {
                if (letters is > 2 and <= LongestWord) Tell(ref receiver, word, shift, ref count);
                (run, word, letters) = (1, WordSeed, 0);
                continue;
            }
            (word, letters) = (Step(word, c), letters + 1);
            if (c is >= 0x3040 and < 0x3100) kana++;
            else if (c is >= 0x4E00 and < 0xA000) han++;
        }
        // A piece of a Japanese sentence may have none; a sentence has.
        if (kana == 0 && whole)
            for (han = Math.Min(han * 4, MostHan); han > 0; han--) Tell(ref receiver, HanSeed, shift, ref count);
        return count;
    }

    private static uint Step(uint hash, uint c)
    {
        hash = (hash ^ c) * 0x01000193u;
        return hash ^ hash >> 15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tell<T>(ref T receiver, uint hash, int shift, ref int count) where T : struct, IBucketReceiver, allows ref struct
    {
        receiver.Add((int)((hash * 0x9e3779b1u) >> shift));
        count++;
    }

    private static char[] Table()
    {
        var table = new char[0x10000];
        for (var c = 0; c < 0x10000; c++)
        {
            table[c] = UnicodeTables.Category(c) switch
            {
                UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => (char)UnicodeTables.ToLower(c),
                UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.Surrogate => (char)c,
                UnicodeCategory.Format => Skipped,
                _ => Boundary,
            };
        }
        table['\''] = table['’'] = '\'';
        return table;
    }
}
