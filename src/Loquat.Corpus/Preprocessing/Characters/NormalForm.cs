using System.Text;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Characters;

/// <summary>
/// One of the four Unicode normalization forms (Unicode Standard Annex 15), made for long texts: what is in the form already is told by a table and not touched.
/// </summary>
public sealed class NormalForm
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int VowelCount = 21, TailCount = 28, HangulCount = 19 * VowelCount * TailCount;

    private readonly bool _compatible, _compose;
    private readonly Lazy<byte[]> _doubtful; // Doubts by UTF-16 unit

    private NormalForm(string name, bool compatible, bool compose)
    {
        (Name, _compatible, _compose) = (name, compatible, compose);
        _doubtful = new(MakeTable);
    }

    public string Name { get; }

    public static NormalForm Nfc { get; } = new("NFC", false, true);

    public static NormalForm Nfd { get; } = new("NFD", false, false);

    public static NormalForm Nfkc { get; } = new("NFKC", true, true);

    public static NormalForm Nfkd { get; } = new("NFKD", true, false);

    public static IReadOnlyList<NormalForm> All { get; } = [Nfc, Nfd, Nfkc, Nfkd];

    /// <summary>The form of a name, in any case; null where there is none.</summary>
    public static NormalForm? Find(string name) => All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public string Apply(string text)
    {
        var first = text.AsSpan().IndexOfAnyExceptInRange('\0', (char)0x9F);
        if (first < 0) return text;
        StringBuilder? result = null;
        var (copied, table) = (0, _doubtful.Value);
        for (int i = first, next; i < text.Length; i = next)
        {
            next = i + 1;
            if (table[text[i]] == 0 && !char.IsSurrogate(text[i])) continue;
            var doubt = Doubt(text, i, out next);
            if (doubt == Doubts.None) continue;
            // Back to the character that the doubtful ones belong to, and on to the next one that stands for itself.
            var start = i == 0 ? 0 : CodePoints.Before(text, i);
            if (start < copied) start = i;
            var (end, inOrder) = (next, true);
            for (var rank = Rank(text, i); end < text.Length && Doubt(text, end, out next) is not Doubts.None and var more; end = next)
            {
                var here = Rank(text, end);
                inOrder &= rank <= here;
                (rank, doubt) = (here, more > doubt ? more : doubt);
            }
            next = end;
            if (doubt == Doubts.Mark && inOrder) continue;
            var segment = text.AsSpan(start, end - start);
            var normal = Segment(segment);
            if (normal.AsSpan().SequenceEqual(segment)) continue;
            result ??= new StringBuilder(text.Length + 16);
            result.Append(text, copied, start - copied).Append(normal);
            copied = end;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private Doubts Doubt(string text, int index, out int next)
    {
        var c = CodePoints.At(text, index, out next);
        return c < 0x10000 ? (Doubts)_doubtful.Value[c] : OfCodePoint(c);
    }

    private static int Rank(string text, int index) => UnicodeTables.CombiningClass(CodePoints.At(text, index, out _));

    private int[]? Parts(int c) => UnicodeTables.Decomposition(c, _compatible) ?? NewerDecompositions.Of(c, _compatible);

    private string Segment(ReadOnlySpan<char> text)
    {
        var points = new List<int>(text.Length + 8);
        for (int i = 0, next; i < text.Length; i = next) Decompose(CodePoints.At(text, i, out next), points);
        Reorder(points);
        if (_compose) Compose(points);
        var result = new StringBuilder(points.Count);
        foreach (var c in points)
        {
            if (c < 0x10000) result.Append((char)c);
            else result.Append((char)(0xD800 + ((c - 0x10000) >> 10))).Append((char)(0xDC00 + ((c - 0x10000) & 0x3FF)));
        }
        return result.ToString();
    }

    private void Decompose(int c, List<int> points)
    {
        if (c - HangulBase is >= 0 and < HangulCount and var syllable)
        {
            points.Add(LeadBase + syllable / (VowelCount * TailCount));
            points.Add(VowelBase + syllable % (VowelCount * TailCount) / TailCount);
            if (syllable % TailCount != 0) points.Add(TailBase + syllable % TailCount);
        }
        else if (c >= 0xA0 && Parts(c) is { } parts) points.AddRange(parts);
        else points.Add(c);
    }

    // Runs of marks into the order of their combining classes; stable. Sorted as a whole: a long run takes no quadratic time.
    private static void Reorder(List<int> points)
    {
        for (var i = 0; i < points.Count; i++)
        {
            if (UnicodeTables.CombiningClass(points[i]) == 0) continue;
            var end = i + 1;
            var sorted = true;
            for (; end < points.Count && UnicodeTables.CombiningClass(points[end]) is > 0 and var rank; end++)
                sorted &= UnicodeTables.CombiningClass(points[end - 1]) <= rank;
            if (!sorted)
            {
                var run = points.GetRange(i, end - i).OrderBy(UnicodeTables.CombiningClass).ToArray();
                for (var k = 0; k < run.Length; k++) points[i + k] = run[k];
            }
            i = end - 1;
        }
    }

    private static void Compose(List<int> points)
    {
        var (kept, starter, last) = (0, -1, 0); // last: the combining class before, 0 right after a starter
        for (var i = 0; i < points.Count; i++)
        {
            var c = points[i];
            var rank = UnicodeTables.CombiningClass(c);
            if (starter >= 0 && (last == 0 ? kept == starter + 1 : last < rank) && Pair(points[starter], c) is >= 0 and var composed)
            {
                points[starter] = composed;
                continue;
            }
            if (rank == 0) starter = kept;
            last = rank;
            points[kept++] = c;
        }
        points.RemoveRange(kept, points.Count - kept);
    }

    private static int Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < 19 and var lead && second - VowelBase is >= 0 and < VowelCount and var vowel)
            return HangulBase + (lead * VowelCount + vowel) * TailCount;
        if (first - HangulBase is >= 0 and < HangulCount and var syllable && syllable % TailCount == 0 && second - TailBase is > 0 and < TailCount and var tail)
            return first + tail;
        return UnicodeTables.Composition(first, second) is >= 0 and var composed ? composed : NewerDecompositions.Composition(first, second);
    }

    /// <summary>What may have to change.</summary>
    private enum Doubts : byte
    {
        None,

        /// <summary>A mark, which may be out of order.</summary>
        Mark,

        /// <summary>Decomposes and does not come back as itself, or composes with what stands before.</summary>
        Form,
    }

    private Doubts OfCodePoint(int c)
    {
        if (c - HangulBase is >= 0 and < HangulCount) return _compose ? Doubts.None : Doubts.Form;
        if (_compose && (c - VowelBase is >= 0 and < VowelCount || c - TailBase is > 0 and < TailCount || UnicodeTables.ComposesBackward(c) || NewerDecompositions.ComposesBackward(c))) return Doubts.Form;
        if (Parts(c) is not null && !(_compose && ComesBack(c))) return Doubts.Form;
        return UnicodeTables.CombiningClass(c) != 0 ? Doubts.Mark : Doubts.None;
    }

    private bool ComesBack(int c)
    {
        var points = new List<int>();
        Decompose(c, points);
        Reorder(points);
        Compose(points);
        return points is [var same] && same == c;
    }

    private byte[] MakeTable()
    {
        var table = new byte[0x10000];
        for (var c = 0xA0; c < 0x10000; c++) table[c] = (byte)OfCodePoint(c);
        return table;
    }
}
