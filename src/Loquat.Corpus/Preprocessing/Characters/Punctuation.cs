using System.Globalization;
using System.Text;

namespace Loquat.Corpus.Preprocessing.Characters;

/// <summary>Sets of punctuation that the field's filters are defined by (datatrove's lists, as FineWeb used them).</summary>
public static class Punctuation
{
    // Code points and ranges that end a sentence, in all scripts.
    private const string Terminal =
        "21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 17D4-17D6 17D9-17DA 1803 1809 1944-1945 1AA8-1AAB "
        + "1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F 203C-203D 2047-2049 2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F "
        + "A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 "
        + "111C5-111C6 111CD 111DE-111DF 11238-11239 1123B-1123C 112A9 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946 11A42-11A43 "
        + "11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44 16E98 1BC9F 1DA88";

    // With the terminal ones and the control characters, what a word of symbols is made of.
    private const string Symbols = "\"#$%&'()*+,-/:;<=>@[\\]^_`{|}~«´»–—’“”„…∶━►、〈〉《》「」【】％（），１：；～";

    private static readonly HashSet<int> _terminal = [.. Parse(Terminal)];
    private static readonly HashSet<int> _western = [.. (Symbols + "!.?。．！？").Select(c => (int)c), .. Enumerable.Range(0, 9), .. Enumerable.Range(0x0b, 0x15), .. Enumerable.Range(0x7f, 0x21)];
    private static readonly HashSet<int> _symbols = [.. _terminal, .. _western];
    private static readonly bool[] _low = [.. Enumerable.Range(0, 0x80).Select(_terminal.Contains)];
    private static readonly bool[] _lowSymbols = [.. Enumerable.Range(0, 0x80).Select(_symbols.Contains)];

    /// <summary>Whether a code point ends sentences: . ! ? and their kin.</summary>
    public static bool IsTerminal(int codePoint) => codePoint < 0x80 ? _low[codePoint] : _terminal.Contains(codePoint);

    public static bool IsSymbol(int codePoint) => codePoint < 0x80 ? _lowSymbols[codePoint] : _symbols.Contains(codePoint);

    /// <summary>The symbols without the terminal characters of scripts other than Latin and Chinese: what simplified text drops.</summary>
    public static bool IsWestern(int codePoint) => codePoint < 0x80 ? _lowSymbols[codePoint] : _western.Contains(codePoint);

    /// <summary>Whether the last character of a text ends sentences.</summary>
    public static bool EndsWithTerminal(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsTerminal(rune.Value);

    private static IEnumerable<int> Parse(string ranges)
    {
        foreach (var range in ranges.Split(' '))
        {
            var ends = range.Split('-');
            for (var c = Number(ends[0]); c <= Number(ends[^1]); c++) yield return c;
        }
    }

    private static int Number(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
