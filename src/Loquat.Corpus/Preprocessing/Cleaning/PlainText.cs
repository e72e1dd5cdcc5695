using System.Buffers;
using System.Globalization;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>The classical steps that make text uniform. Each gives back the same string where there is nothing to do.</summary>
public static class PlainText
{
    /// <summary>Removes characters of category P: punctuation in all scripts.</summary>
    public static string RemovePunctuation(string text) => Without(text, static c => IsPunctuation(UnicodeTables.Category(c)));

    /// <summary>Removes characters of category S: signs of money and mathematics, emoji and other symbols.</summary>
    public static string RemoveSymbols(string text) => Without(text, static c => IsSymbol(UnicodeTables.Category(c)));

    /// <summary>Removes control and format characters other than tab and line ends: zero-width spaces and joiners, direction marks, byte order marks, soft hyphens.</summary>
    public static string RemoveInvisible(string text) => Without(text, static c => c is not ('\t' or '\n' or '\r') && UnicodeTables.Category(c) is UnicodeCategory.Control or UnicodeCategory.Format);

    /// <summary>Letters without their accents: decomposed, marks that take no space removed, composed again.</summary>
    public static string StripAccents(string text)
    {
        if (Ascii.IsValid(text)) return text;
        var stripped = Without(NormalForm.Nfd.Apply(text), static c => UnicodeTables.Category(c) == UnicodeCategory.NonSpacingMark);
        stripped = NormalForm.Nfc.Apply(stripped);
        return stripped == text ? text : stripped;
    }

    /// <summary>Runs of white space become one space; none at the ends.</summary>
    public static string CollapseWhiteSpace(string text) => WhiteSpace.Collapse(text);

    /// <summary>Line ends become LF, runs of white space in a line one space, more than one blank line one; none at the ends of lines and text.</summary>
    public static string TidyLines(string text)
    {
        var result = new StringBuilder(text.Length);
        var feeds = 0;
        for (int start = 0, end; start <= text.Length; start = end + 1)
        {
            var length = text.AsSpan(start).IndexOfAny('\n', '\r');
            end = length < 0 ? text.Length : start + length;
            var before = result.Length;
            foreach (var word in new WordSpans(text.AsSpan(start, end - start)))
            {
                if (result.Length == before && before > 0) result.Append('\n', Math.Min(feeds, 2));
                else if (result.Length > before) result.Append(' ');
                result.Append(text.AsSpan(start + word.Start, word.Length));
            }
            if (result.Length > before) feeds = 0;
            feeds++;
            if (end + 1 < text.Length && text[end] == '\r' && text[end + 1] == '\n') end++;
        }
        return result.Length == text.Length && result.Equals(text) ? text : result.ToString();
    }

    /// <summary>What near duplicates are compared by: lower case, no punctuation and no symbols, single spaces.</summary>
    public static string Normal(string text)
    {
        // These two become lower case by what stands around them, or longer.
        if (text.AsSpan().ContainsAny('\u0130', '\u03A3')) text = Casing.Lower(text);
        var buffer = ArrayPool<char>.Shared.Rent(text.Length + 1);
        try
        {
            var (length, isApart) = (0, false);
            for (int i = 0, next; i < text.Length; i = next)
            {
                var c = (int)text[i];
                next = i + 1;
                if (c < 0x80)
                {
                    c = _normal[c];
                    if (c == Removed) continue;
                }
                else
                {
                    c = UnicodeTables.ToLower(CodePoints.At(text, i, out next));
                    if (c < 0x10000 && WhiteSpace.Is((char)c)) c = ' ';
                    else if (UnicodeTables.Category(c) is var category && (IsPunctuation(category) || IsSymbol(category))) continue;
                }
                if (c == ' ')
                {
                    isApart = length > 0;
                    continue;
                }
                if (isApart) buffer[length++] = ' ';
                isApart = false;
                if (c < 0x10000) buffer[length++] = (char)c;
                else
                {
                    buffer[length++] = (char)(0xD800 + ((c - 0x10000) >> 10));
                    buffer[length++] = (char)(0xDC00 + ((c - 0x10000) & 0x3FF));
                }
            }
            return text.AsSpan().SequenceEqual(buffer.AsSpan(0, length)) ? text : new(buffer, 0, length);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private const char Removed = '\uFFFF';

    // Of ASCII: lower case, a space for white space, a mark for what is removed.
    private static readonly char[] _normal = [.. Enumerable.Range(0, 0x80).Select(c => (char)c).Select(c => WhiteSpace.Is(c) ? ' ' : IsPunctuation(char.GetUnicodeCategory(c)) || IsSymbol(char.GetUnicodeCategory(c)) ? Removed : char.ToLowerInvariant(c))];

    private static bool IsPunctuation(UnicodeCategory category) => category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private static bool IsSymbol(UnicodeCategory category) => category is >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol;

    private static string Without(string text, Func<int, bool> removed)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (int i = 0, next; i < text.Length; i = next)
        {
            if (!removed(CodePoints.At(text, i, out next))) continue;
            (result ??= new StringBuilder(text.Length)).Append(text, copied, i - copied);
            copied = next;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }
}
