using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Segmentation;

/// <summary>Lists in one line: `1. The first 2. The second`, `a) … b) …`, `• … • …`. Each item is a sentence, and the marks of the items end none.</summary>
internal static class SentenceLists
{
    /// <summary>Where items begin behind the first, and the periods and parentheses of their marks.</summary>
    public static void Find(ReadOnlySpan<char> text, int start, int end, List<int> items, HashSet<int> marks)
    {
        items.Clear();
        marks.Clear();
        while (start < end && WhiteSpace.Is(text[start])) start++;
        if (start >= end) return;
        var bullet = IsBullet(text[start]) ? text[start] : '\0';
        if (bullet != '\0')
        {
            for (var i = start; i < end; i++)
            {
                if (text[i] != bullet || i > start && !WhiteSpace.Is(text[i - 1])) continue;
                if (i > start) items.Add(i);
                var at = i + 1;
                while (at < end && text[at] == ' ') at++;
                Mark(text, at, end, out _, marks);
            }
            return;
        }
        if (Mark(text, start, end, out var value, marks) == 0) return;
        for (var i = start + 1; i < end; i++)
        {
            if (!WhiteSpace.Is(text[i - 1]) || !char.IsAsciiLetterOrDigit(text[i])) continue;
            HashSet<int> own = [];
            if (Mark(text, i, end, out var next, own) == 0 || next != value + 1) continue;
            value = next;
            items.Add(i);
            marks.UnionWith(own);
        }
        if (items.Count == 0 && value >= 1000) marks.Clear(); // a letter alone is no list
    }

    private static int Mark(ReadOnlySpan<char> text, int at, int end, out int value, HashSet<int> marks)
    {
        value = 0;
        var i = at;
        while (i < end && i - at < 3 && char.IsAsciiDigit(text[i])) value = value * 10 + text[i++] - '0';
        if (i == at && i < end && char.IsAsciiLetterLower(text[i])) value = 1000 + text[i++];
        if (i == at) return 0;
        var mark = i;
        if (i < end && text[i] == '.') i++;
        if (i < end && text[i] == ')') i++;
        if (i == mark || i >= end || text[i] != ' ') return 0;
        for (; mark < i; mark++) marks.Add(mark);
        return i - at;
    }

    private static bool IsBullet(char c) => c is '•' or '⁃' or '‣' or '▪' or '◦' or '●' or '·';
}
