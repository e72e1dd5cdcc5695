using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

internal enum RegexAnchor { LineStart, LineEnd, TextStart, TextEnd, TextEndOrLastLine, WordBoundary, NotWordBoundary }

/// <summary>A regular expression as it was read.</summary>
internal abstract record RegexNode
{
    public sealed record Set(CharacterSet Characters) : RegexNode;

    /// <summary>A text that stands there, as long as it goes on with nothing between: in `(?i)ss` two letters together equal one, in `(?i)s(s)` they do not.</summary>
    public sealed record Literal(List<int> CodePoints, bool IgnoreCase) : RegexNode
    {
        /// <summary>As sets and choices among them. A look behind knows no sequences that equal one code point.</summary>
        public RegexNode Expanded(bool behind)
        {
            if (!IgnoreCase) return Row(CodePoints.Select(c => CharacterSet.Of(c)));
            var parts = new List<RegexNode>();
            var text = CollectionsMarshal.AsSpan(CodePoints);
            for (var i = 0; i < text.Length; i++)
            {
                var one = new Set(CharacterSet.Of(CaseFolds.Class(text[i])));
                if (behind)
                {
                    parts.Add(one);
                }
                else if (CaseFolds.Folding(text[i..]) is var (equal, length))
                {
                    parts.Add(new Either([Folded(text.Slice(i, length)), new Set(CharacterSet.Of(equal))]));
                    i += length - 1;
                }
                else
                {
                    parts.Add(CaseFolds.Sequence(text[i]) is { } sequence ? new Either([one, Folded(sequence)]) : one);
                }
            }
            return parts.Count == 1 ? parts[0] : new Sequence(parts);
        }
    }

    /// <summary>A set under `(?i)` with the sequences that equal one of its code points.</summary>
    public sealed record FoldedSet(CharacterSet Characters, List<int[]> Sequences) : RegexNode
    {
        /// <summary>Whether a run of the set alone, of any length, reads all that a run of this reads.</summary>
        public bool RunsAsSet => Sequences.TrueForAll(sequence => Array.TrueForAll(sequence, Characters.Contains));

        public Either Expanded() => new([new Set(Characters), .. Sequences.Select(sequence => Folded(sequence))]);
    }

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
            case Literal literal: return (literal.CodePoints.Count, literal.CodePoints.Count);
            case FoldedSet folded: return folded.Expanded().Length();
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

    private static RegexNode Row(IEnumerable<CharacterSet> sets)
    {
        List<RegexNode> parts = [.. sets.Select(set => new Set(set))];
        return parts.Count == 1 ? parts[0] : new Sequence(parts);
    }

    private static RegexNode Folded(ReadOnlySpan<int> text)
    {
        var sets = new List<CharacterSet>();
        foreach (var c in text) sets.Add(CharacterSet.Of(CaseFolds.Class(c)));
        return Row(sets);
    }

    private static int Add(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    private static int Times(int a, int b) => (int)Math.Min((long)a * b, int.MaxValue);
}
