namespace Loquat.Corpus.Collection.Charsets;

/// <summary>Which Han characters and Hangul syllables the national standards call common: the first levels of GB 2312, Big5 and JIS X 0208, the syllables of KS X 1001.</summary>
internal static class HanFrequency
{
    private static readonly Lazy<HashSet<char>> _common = new(Collect);

    public static bool IsCommon(char character) => _common.Value.Contains(character);

    private static HashSet<char> Collect()
    {
        var common = new HashSet<char>();
        Add(936, 0xB0, 0xD7, 0xA1, 0xFE);
        Add(950, 0xA4, 0xC6, 0x40, 0x7E);
        Add(950, 0xA4, 0xC6, 0xA1, 0xFE);
        Add(51932, 0xB0, 0xCF, 0xA1, 0xFE);
        Add(949, 0xB0, 0xC8, 0xA1, 0xFE);
        return common;

        void Add(int page, int firstLead, int lastLead, int first, int last)
        {
            var encoding = CharsetNames.Page(page);
            for (var lead = firstLead; lead <= lastLead; lead++)
                for (var trail = first; trail <= last; trail++)
                    if (encoding.GetString([(byte)lead, (byte)trail]) is [not '\uFFFD' and var character]) common.Add(character);
        }
    }
}
