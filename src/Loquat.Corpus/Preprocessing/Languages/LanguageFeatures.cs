using System.Globalization;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Languages;

/// <summary>
/// What a language is known by: its runs of one to five characters, in lower case, with the beginnings and ends of words. Digits, punctuation and symbols say nothing. Each is a number below the number of buckets,
/// which a run shares with others that hash alike.
/// </summary>
internal static class LanguageFeatures
{
    /// <summary>The longest run.</summary>
    public const int Longest = 5;

    private const char Skipped = '\0', Boundary = ' ';

    // Lower case of letters; a space for what divides words; nothing for marks that come and go.
    private static readonly char[] _characters = Table();

    public delegate void Receiver<T>(ref T state, int bucket);

    /// <summary>Tells each run's bucket, in the text's order.</summary>
    /// <param name="bits">Binary logarithm of the number of buckets.</param>
    /// <returns>How many there were.</returns>
    public static int Read<T>(ReadOnlySpan<char> text, int bits, ref T state, Receiver<T> receive)
    {
        Span<uint> window = stackalloc uint[Longest]; // the last characters, newest first
        window.Clear();
        window[0] = Boundary;
        var (run, count) = (1, 0); // characters in the window, the space before the word among them
        for (var i = 0; i <= text.Length; i++)
        {
            var c = i == text.Length ? Boundary : _characters[text[i]];
            if (c == Skipped || c == Boundary && window[0] == Boundary) continue;
            for (var k = Longest - 1; k > 0; k--) window[k] = window[k - 1];
            window[0] = c;
            run = Math.Min(run + 1, Longest);
            var hash = 0x811c9dc5u;
            for (var n = 1; n <= run; n++)
            {
                hash = (hash ^ window[n - 1]) * 0x01000193u;
                hash ^= hash >> 15;
                if (n == 1 && c == Boundary) continue;
                receive(ref state, (int)(((hash + (uint)n) * 0x9e3779b1u) >> (32 - bits)));
                count++;
            }
            if (c == Boundary) run = 1;
        }
        return count;
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
