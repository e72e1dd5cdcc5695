using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>Removes lines of symbols alone: rules, rows of dots and stars. Blank lines stay.</summary>
public static class SymbolLines
{
    public static string Remove(string text)
    {
        var result = new StringBuilder(text.Length);
        var first = true;
        foreach (var span in new LineSpans(text))
        {
            var line = span.Of(text);
            if (IsSymbols(WhiteSpace.Trim(line))) continue;
            if (!first) result.Append('\n');
            result.Append(line);
            first = false;
        }
        return result.ToString();
    }

    private static bool IsSymbols(ReadOnlySpan<char> line)
    {
        if (line.IsEmpty) return false;
        foreach (var rune in line.EnumerateRunes())
            if (rune.Value != ' ' && !Punctuation.IsSymbol(rune.Value)) return false;
        return true;
    }
}
