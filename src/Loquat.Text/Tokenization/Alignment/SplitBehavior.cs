namespace Loquat.Text.Tokenization.Alignment;

/// <summary>What becomes of a delimiter when text is split. The examples split `the-final--countdown` at `-`.</summary>
public enum SplitBehavior
{
    /// <summary>`the` `final` `countdown`.</summary>
    Removed,

    /// <summary>`the` `-` `final` `-` `-` `countdown`.</summary>
    Isolated,

    /// <summary>`the-` `final-` `-` `countdown`.</summary>
    MergedWithPrevious,

    /// <summary>`the` `-final` `-` `-countdown`.</summary>
    MergedWithNext,

    /// <summary>`the` `-` `final` `--` `countdown`.</summary>
    Contiguous,
}

internal static class SplitBehaviors
{
    /// <summary>The stretches that are left.</summary>
    public static List<(int Start, int End)> Apply(List<PatternMatch> matches, SplitBehavior behavior)
    {
        var parts = new List<(int Start, int End)>(matches.Count);
        var previous = false;
        switch (behavior)
        {
            case SplitBehavior.Removed:
                foreach (var m in matches)
                    if (!m.IsMatch) parts.Add((m.Start, m.End));
                break;
            case SplitBehavior.Isolated:
                foreach (var m in matches) parts.Add((m.Start, m.End));
                break;
            case SplitBehavior.MergedWithNext:
                for (var i = matches.Count - 1; i >= 0; i--)
                {
                    var m = matches[i];
                    if (m.IsMatch && !previous && parts.Count > 0) parts[^1] = (m.Start, parts[^1].End);
                    else parts.Add((m.Start, m.End));
                    previous = m.IsMatch;
                }
                parts.Reverse();
                break;
            default:
                foreach (var m in matches)
                {
                    var joins = behavior == SplitBehavior.Contiguous ? m.IsMatch == previous : m.IsMatch && !previous;
                    if (joins && parts.Count > 0) parts[^1] = (parts[^1].Start, m.End);
                    else parts.Add((m.Start, m.End));
                    previous = m.IsMatch;
                }
                break;
        }
        return parts;
    }
}
