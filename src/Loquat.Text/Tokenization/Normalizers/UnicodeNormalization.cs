using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>The four normalization forms (Unicode Standard Annex 15), with each code point's origin kept.</summary>
internal static class UnicodeNormalization
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, HangulCount = LeadCount * VowelCount * TailCount;

    public static void Normalize(AlignedText text, bool compatible, bool compose)
    {
        if (IsPlain(text.Text, compatible, compose)) return;
        var changes = new List<Change>(text.Text.Length + 16);
        foreach (var rune in text.Text.EnumerateRunes()) Decompose(rune.Value, compatible, changes);
        Reorder(changes);
        if (compose) Compose(changes);
        text.Transform(changes, 0);
    }

    // Below the first combining mark nothing composes; below U+00A0 nothing decomposes.
    private static bool IsPlain(string text, bool compatible, bool compose)
    {
        var limit = compose && !compatible ? '\u0300' : compatible ? '\u00A0' : '\u00C0';
        return !text.AsSpan().ContainsAnyExceptInRange('\0', (char)(limit - 1));
    }

    private static void Decompose(int c, bool compatible, List<Change> changes)
    {
        if (c < 0xA0)
        {
            changes.Add(new(c, 0));
        }
        else if (c - HangulBase is >= 0 and < HangulCount and var syllable)
        {
            changes.Add(new(LeadBase + syllable / (VowelCount * TailCount), 0));
            changes.Add(new(VowelBase + syllable % (VowelCount * TailCount) / TailCount, 1));
            if (syllable % TailCount != 0) changes.Add(new(TailBase + syllable % TailCount, 1));
        }
        else if (UnicodeTables.Decomposition(c, compatible) is { } parts)
        {
            for (var i = 0; i < parts.Length; i++) changes.Add(new(parts[i], i == 0 ? 0 : 1));
        }
        else
        {
            changes.Add(new(c, 0));
        }
    }

    // Runs of marks into the order of their combining classes; stable. Sorted as a whole, so that a long run takes no quadratic time.
    private static void Reorder(List<Change> changes)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            if (UnicodeTables.CombiningClass(changes[i].CodePoint) == 0) continue;
            var end = i + 1;
            var sorted = true;
            while (end < changes.Count && UnicodeTables.CombiningClass(changes[end].CodePoint) is > 0 and var rank)
            {
                sorted &= UnicodeTables.CombiningClass(changes[end - 1].CodePoint) <= rank;
                end++;
            }
            if (!sorted)
            {
                var run = changes.GetRange(i, end - i).OrderBy(c => UnicodeTables.CombiningClass(c.CodePoint)).ToArray();
                for (var k = 0; k < run.Length; k++) changes[i + k] = run[k];
            }
            i = end - 1;
        }
    }

    private static void Compose(List<Change> changes)
    {
        var (kept, starter, last) = (0, -1, 0); // last: the combining class before, 0 right after a starter
        for (var i = 0; i < changes.Count; i++)
        {
            var change = changes[i];
            var rank = UnicodeTables.CombiningClass(change.CodePoint);
            if (starter >= 0 && (last == 0 ? kept == starter + 1 : last < rank) && Pair(changes[starter].CodePoint, change.CodePoint) is >= 0 and var composed)
            {
                changes[starter] = new(composed, changes[starter].Offset + change.Offset - 1);
                continue;
            }
            if (rank == 0) starter = kept;
            last = rank;
            changes[kept++] = change;
        }
        changes.RemoveRange(kept, changes.Count - kept);
    }

    private static int Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < LeadCount and var lead && second - VowelBase is >= 0 and < VowelCount and var vowel)
            return HangulBase + (lead * VowelCount + vowel) * TailCount;
        if (first - HangulBase is >= 0 and < HangulCount and var syllable && syllable % TailCount == 0 && second - TailBase is > 0 and < TailCount and var tail)
            return first + tail;
        return UnicodeTables.Composition(first, second);
    }
}
