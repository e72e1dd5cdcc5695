using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>Each longest run of code points of one kind is a match; kind 0 is none.</summary>
internal sealed class RunPattern(Func<int, int> kind) : TextPattern
{
    public override void Find(string text, List<PatternMatch> matches)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            var first = kind(CodePoints.At(text, start, out end));
            while (end < text.Length && kind(CodePoints.At(text, end, out var next)) == first) end = next;
            matches.Add(new(start, end, first != 0));
        }
        if (text.Length == 0) matches.Add(new(0, 0, false));
    }
}
