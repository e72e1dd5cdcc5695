namespace Loquat.Text.Tokenization.Unicode;

/// <summary>What regular expressions hold equal under `(?i)`: code points with one another, and code points with sequences (`ß` with `ss`).</summary>
internal static class CaseFolds
{
    private const int Longest = 3;

    private static readonly Dictionary<int, int[]> _classes = [];
    private static readonly Dictionary<(int, int, int), int[]> _folding = [];

    static CaseFolds()
    {
        var content = UnicodeProperties.Folds;
        for (int count = content.Number(), c = 0, distance = 0; count > 0; count--)
        {
            c += content.Number();
            distance += content.Signed();
            int[] members = [.. _classes.GetValueOrDefault(c - distance, [c - distance]), c];
            foreach (var member in members) _classes[member] = members;
        }
        var sequences = new List<(int CodePoint, int[] Sequence)>();
        for (int count = content.Number(), c = 0; count > 0; count--)
        {
            c += content.Number();
            var sequence = new int[content.Number()];
            for (var i = 0; i < sequence.Length; i++) sequence[i] = content.Number();
            sequences.Add((c, sequence));
            var key = Key(sequence);
            _folding[key] = [.. _folding.GetValueOrDefault(key, []), c];
        }
        // Where a class matches two sequences of one length only one can match, so that the length alone decides which is tried first.
        Sequences = [.. sequences.OrderBy(s => s.Sequence.Length)];
    }

    /// <summary>Each code point that equals a sequence, shorter sequences first.</summary>
    public static IReadOnlyList<(int CodePoint, int[] Sequence)> Sequences { get; }

    /// <summary>Every set of more than one code point that equal one another.</summary>
    public static IEnumerable<int[]> Classes => _classes.Where(entry => entry.Key == entry.Value[0]).Select(entry => entry.Value);

    /// <summary>All that equal a code point, itself among them.</summary>
    public static int[] Class(int codePoint) => _classes.GetValueOrDefault(codePoint) ?? [codePoint];

    public static int[]? Sequence(int codePoint)
    {
        foreach (var (c, sequence) in Sequences)
            if (c == codePoint) return sequence;
        return null;
    }

    /// <summary>The code points that equal the longest such sequence that begins at a place of a text, and its length.</summary>
    public static (int[] CodePoints, int Length)? Folding(ReadOnlySpan<int> text)
    {
        for (var length = Math.Min(Longest, text.Length); length > 1; length--)
            if (_folding.TryGetValue(Key(text[..length]), out var codePoints)) return (codePoints, length);
        return null;
    }

    private static (int, int, int) Key(ReadOnlySpan<int> sequence) => (Class(sequence[0])[0], Class(sequence[1])[0], sequence.Length > 2 ? Class(sequence[2])[0] : -1);
}
