using System.Globalization;
using System.IO.Compression;

namespace Loquat.Text.Tokenization.Unicode;

/// <summary>Sets of code points that the reference's parts tell apart; each part is fixed to its own version of Unicode.</summary>
[Flags]
internal enum CodePointSets : byte
{
    None = 0,

    /// <summary>`\w` of Whitespace and of single_word.</summary>
    Word = 1,

    /// <summary>What BertNormalizer's clean_text removes.</summary>
    BertControl = 2,

    /// <summary>Non-spacing marks as BertNormalizer knows them (Unicode 8).</summary>
    BertMark = 4,

    /// <summary>Punctuation as BertPreTokenizer and Punctuation know it (Unicode 8), ASCII symbols included.</summary>
    Punctuation = 8,

    /// <summary>What StripAccents removes.</summary>
    CombiningMark = 16,

    /// <summary>What Digits isolates.</summary>
    Numeric = 32,

    /// <summary>`\p{Alphabetic}`.</summary>
    Alphabetic = 64,
}

/// <summary>
/// Properties of code points, packed in a resource: .NET's own tables have another version of Unicode than the reference, and without ICU no normalization at all.
/// Layout: variable-length integers; runs of categories, sets and scripts as ranges, decompositions, combining classes, compositions, lower case.
/// </summary>
internal static class UnicodeTables
{
    private static readonly byte[] _categories = new byte[0x110000];
    private static readonly CodePointSets[] _sets = new CodePointSets[0x110000];
    private static readonly byte[] _classes = new byte[0x20000];
    private static readonly Dictionary<int, int[]> _canonical = [];
    private static readonly Dictionary<int, int[]> _compatible = [];
    private static readonly Dictionary<long, int> _compositions = [];
    private static readonly Dictionary<int, int> _lower = [];
    private static readonly List<(int First, int Last, int Script)> _scripts = [];

    static UnicodeTables()
    {
        using var resource = new BrotliStream(typeof(UnicodeTables).Assembly.GetManifestResourceStream("UnicodeTables.br")!, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        new Reader(bytes.ToArray()).Read();
    }

    public static UnicodeCategory Category(int codePoint) => (UnicodeCategory)_categories[codePoint];

    public static bool Is(int codePoint, CodePointSets set) => (_sets[codePoint] & set) != 0;

    /// <summary>White_Space.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    public static int CombiningClass(int codePoint) => codePoint < _classes.Length ? _classes[codePoint] : 0;

    /// <summary>The full decomposition, or null where there is none. Hangul syllables are not in the table.</summary>
    public static int[]? Decomposition(int codePoint, bool compatible) => (compatible ? _compatible : _canonical).GetValueOrDefault(codePoint);

    /// <summary>What two code points compose to, or -1.</summary>
    public static int Composition(int first, int second) => _compositions.TryGetValue(((long)first << 32) | (uint)second, out var composed) ? composed : -1;

    /// <summary>The lower case of one code point. U+0130 alone has two code points there and is left to the caller.</summary>
    public static int ToLower(int codePoint) =>
        codePoint < 128 ? (codePoint is >= 'A' and <= 'Z' ? codePoint + 32 : codePoint) : _lower.GetValueOrDefault(codePoint, codePoint);

    /// <summary>A number for the script, the same for all of one script; -1 where there is none.</summary>
    public static int Script(int codePoint)
    {
        var (low, high) = (0, _scripts.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var (first, last, script) = _scripts[middle];
            if (codePoint < first) high = middle - 1;
            else if (codePoint > last) low = middle + 1;
            else return script;
        }
        return -1;
    }

    private sealed class Reader(byte[] bytes)
    {
        private int _at;

        public void Read()
        {
            for (int runs = Next(), c = 0; runs > 0; runs--)
            {
                var length = Next();
                _categories.AsSpan(c, length).Fill((byte)Next());
                c += length;
            }
            for (var bit = 0; bit < 7; bit++)
                foreach (var (first, last) in Ranges())
                    for (var c = first; c <= last; c++) _sets[c] |= (CodePointSets)(1 << bit);
            for (int ranges = Next(), from = 0; ranges > 0; ranges--)
            {
                var first = from + Next();
                _scripts.Add((first, from = first + Next(), Next()));
                from++;
            }
            ReadDecompositions();
            for (int ranges = Next(), from = 0; ranges > 0; ranges--)
            {
                var first = from + Next();
                from = first + Next() + 1;
                _classes.AsSpan(first, from - first).Fill((byte)Next());
            }
            for (int count = Next(), c = 0; count > 0; count--)
            {
                c += Next();
                var first = c + Signed();
                _compositions[((long)first << 32) | (uint)(c + Signed())] = c;
            }
            for (int count = Next(), c = 0, delta = 0; count > 0; count--)
            {
                c += Next();
                delta += Signed();
                _lower[c] = c + delta;
            }
        }

        private void ReadDecompositions()
        {
            for (int count = Next(), c = 0; count > 0; count--)
            {
                c += Next();
                var head = Next();
                if (head > 0) _canonical[c] = _compatible[c] = Sequence(c, head / 2);
                if (head == 0 || head % 2 == 1) _compatible[c] = Sequence(c, Next());
            }
        }

        private int[] Sequence(int c, int length)
        {
            var sequence = new int[length];
            for (var i = 0; i < length; i++) sequence[i] = c + Signed();
            return sequence;
        }

        private IEnumerable<(int First, int Last)> Ranges()
        {
            var from = 0;
            for (var count = Next(); count > 0; count--)
            {
                var first = from + Next();
                var last = first + Next();
                yield return (first, last);
                from = last + 1;
            }
        }

        private int Next()
        {
            var value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var b = bytes[_at++];
                value |= (b & 127) << shift;
                if (b < 128) return value;
            }
        }

        private int Signed()
        {
            var value = Next();
            return (value >> 1) ^ -(value & 1);
        }
    }
}
