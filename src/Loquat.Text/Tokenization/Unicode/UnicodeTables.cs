using System.Globalization;

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
/// Categories and sets, which every tokenizer asks for, are read at once; each other section when it is first asked for.
/// </summary>
internal static class UnicodeTables
{
    private const int PageSize = 256;

    // Pages of code points, equal ones once: small enough to stay near the processor, and few bytes to fill at the start.
    private static readonly ushort[] _pages = new ushort[0x110000 / PageSize];
    private static readonly byte[] _categories;
    private static readonly CodePointSets[] _sets;
    private static readonly PackedReader _scripts, _normalization, _lowerCase;

    static UnicodeTables()
    {
        var content = PackedReader.Open("UnicodeTables.br");
        var section = content.Section();
        (_scripts, _normalization, _lowerCase) = (content.Section(), content.Section(), content.Section());
        (_categories, _sets) = Pages(ref section);
        for (var i = 0; i < _pages.Length; i++) _pages[i] = (ushort)section.Number();
    }

    private static (byte[] Categories, CodePointSets[] Sets) Pages(ref PackedReader content)
    {
        var size = content.Number() * PageSize;
        var (categories, sets) = (new byte[size], new CodePointSets[size]);
        for (int c = 0, length; c < size; c += length)
        {
            length = content.Number();
            categories.AsSpan(c, length).Fill((byte)content.Number());
            sets.AsSpan(c, length).Fill((CodePointSets)content.Number());
        }
        return (categories, sets);
    }

    public static UnicodeCategory Category(int codePoint) => (UnicodeCategory)_categories[Place(codePoint)];

    public static bool Is(int codePoint, CodePointSets set) => (_sets[Place(codePoint)] & set) != 0;

    /// <summary>White_Space.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    public static int CombiningClass(int codePoint) => codePoint < Normalization.Classes.Length ? Normalization.Classes[codePoint] : 0;

    /// <summary>The full decomposition, or null where there is none. Hangul syllables are not in the table.</summary>
    public static int[]? Decomposition(int codePoint, bool compatible) => (compatible ? Normalization.Compatible : Normalization.Canonical).GetValueOrDefault(codePoint);

    /// <summary>What two code points compose to, or -1.</summary>
    public static int Composition(int first, int second) => Normalization.Compositions.TryGetValue(((long)first << 32) | (uint)second, out var composed) ? composed : -1;

    /// <summary>Whether a code point is the second of a pair that composes.</summary>
    public static bool ComposesBackward(int codePoint) => Normalization.Seconds.Contains(codePoint);

    /// <summary>The lower case of one code point. U+0130 alone has two code points there and is left to the caller.</summary>
    public static int ToLower(int codePoint) =>
        codePoint < 128 ? (codePoint is >= 'A' and <= 'Z' ? codePoint + 32 : codePoint) : LowerCase.Of.GetValueOrDefault(codePoint, codePoint);

    /// <summary>A number for the script, the same for all of one script; -1 where there is none.</summary>
    public static int Script(int codePoint)
    {
        var (low, high) = (0, Scripts.All.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var (first, last, script) = Scripts.All[middle];
            if (codePoint < first) high = middle - 1;
            else if (codePoint > last) low = middle + 1;
            else return script;
        }
        return -1;
    }

    private static int Place(int codePoint) => _pages[codePoint / PageSize] * PageSize + codePoint % PageSize;

    private static class Scripts
    {
        public static readonly (int First, int Last, int Value)[] All = _scripts.Values();
    }

    private static class Normalization
    {
        public static readonly Dictionary<int, int[]> Canonical = [], Compatible = [];
        public static readonly byte[] Classes;
        public static readonly Dictionary<long, int> Compositions = [];
        public static readonly HashSet<int> Seconds;

        static Normalization()
        {
            var content = _normalization;
            for (int count = content.Number(), c = 0; count > 0; count--)
            {
                c += content.Number();
                var head = content.Number(); // twice the canonical length, 1 more where the compatible one differs
                if (head > 0) Canonical[c] = Compatible[c] = Sequence(ref content, c, head / 2);
                if (head == 0 || head % 2 == 1) Compatible[c] = Sequence(ref content, c, content.Number());
            }
            var classes = content.Values();
            Classes = new byte[classes[^1].Last + 1];
            foreach (var (first, last, rank) in classes) Classes.AsSpan(first..(last + 1)).Fill((byte)rank);
            for (int count = content.Number(), c = 0; count > 0; count--)
            {
                c += content.Number();
                var first = c + content.Signed();
                Compositions[((long)first << 32) | (uint)(c + content.Signed())] = c;
            }
            Seconds = [.. Compositions.Keys.Select(pair => (int)(pair & 0x1FFFFF))];
        }

        private static int[] Sequence(ref PackedReader content, int c, int length)
        {
            var sequence = new int[length];
            for (var i = 0; i < length; i++) sequence[i] = c + content.Signed();
            return sequence;
        }
    }

    private static class LowerCase
    {
        public static readonly Dictionary<int, int> Of = [];

        static LowerCase()
        {
            var content = _lowerCase;
            for (int count = content.Number(), c = 0, delta = 0; count > 0; count--)
            {
                c += content.Number();
                delta += content.Signed();
                Of[c] = c + delta;
            }
        }
    }
}
