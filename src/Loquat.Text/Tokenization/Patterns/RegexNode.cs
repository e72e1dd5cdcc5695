namespace Loquat.Text.Tokenization.Patterns;

internal enum RegexAnchor { LineStart, LineEnd, TextStart, TextEnd, TextEndOrLastLine, WordBoundary, NotWordBoundary }

/// <summary>A regular expression as it was read.</summary>
internal abstract record RegexNode
{
    public sealed record Set(CharacterSet Characters) : RegexNode;

    public sealed record Sequence(List<RegexNode> Parts) : RegexNode;

    public sealed record Either(List<RegexNode> Branches) : RegexNode;

    /// <param name="Most">-1 for any number.</param>
    public sealed record Repeat(RegexNode Body, int Least, int Most, bool Lazy, bool Possessive) : RegexNode;

    public sealed record Look(RegexNode Body, bool Ahead, bool Negative) : RegexNode;

    public sealed record Atomic(RegexNode Body) : RegexNode;

    public sealed record Anchor(RegexAnchor Kind) : RegexNode;

    /// <summary>Fewest and most code points that a match has; most is int.MaxValue where there is no limit.</summary>
    public (int Least, int Most) Length()
    {
        switch (this)
        {
            case Set: return (1, 1);
            case Atomic atomic: return atomic.Body.Length();
            case Sequence sequence:
                var sum = (Least: 0, Most: 0);
                foreach (var part in sequence.Parts)
                {
                    var (least, most) = part.Length();
                    sum = (Add(sum.Least, least), Add(sum.Most, most));
                }
                return sum;
            case Either either:
                var range = (Least: int.MaxValue, Most: 0);
                foreach (var branch in either.Branches)
                {
                    var (least, most) = branch.Length();
                    range = (Math.Min(range.Least, least), Math.Max(range.Most, most));
                }
                return range;
            case Repeat repeat:
                var body = repeat.Body.Length();
                return (Times(body.Least, repeat.Least), repeat.Most < 0 ? (body.Most == 0 ? 0 : int.MaxValue) : Times(body.Most, repeat.Most));
            default: return (0, 0);
        }
    }

    private static int Add(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    private static int Times(int a, int b) => (int)Math.Min((long)a * b, int.MaxValue);
}
