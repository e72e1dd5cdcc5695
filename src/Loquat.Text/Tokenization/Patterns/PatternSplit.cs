using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>Cutting text where a pattern matches.</summary>
internal static class PatternSplit
{
    /// <summary>Cuts each piece.</summary>
    public static void Split(this PreTokenizedText text, TextPattern pattern, SplitBehavior behavior, bool invert = false) => text.Split((piece, pieces) => Cut(piece, pattern, behavior, invert, pieces));

    /// <summary>Cuts one piece, and appends its parts.</summary>
    /// <param name="invert">Whether what lies between the matches is the delimiter.</param>
    public static void Cut(AlignedText text, TextPattern pattern, SplitBehavior behavior, bool invert, List<Piece> pieces)
    {
        var matches = new List<PatternMatch>();
        pattern.Find(text.Text, matches);
        if (invert)
            for (var i = 0; i < matches.Count; i++) matches[i] = matches[i] with { IsMatch = !matches[i].IsMatch };
        foreach (var (start, end) in SplitBehaviors.Apply(matches, behavior)) pieces.Add(new(text.Slice(start, end), null));
    }
}
