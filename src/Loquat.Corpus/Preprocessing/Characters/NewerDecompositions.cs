using System.Globalization;

namespace Loquat.Corpus.Preprocessing.Characters;

/// <summary>Decompositions of characters that Unicode got after the version that tokenizers are fixed to, up to 15.1 (UnicodeData.txt): everything else is in their tables.</summary>
internal static class NewerDecompositions
{
    // A code point and what it decomposes to; DiveAkuru's vowel sign alone is canonical.
    private const string Canonical = "11938:11935+11930";

    private const string Compatible =
        "32FF:4EE4+548C A7F2:43 A7F3:46 A7F4:51 AB69:28D 10781:2D0 10782:2D1 10783:E6 10784:299 10785:253 10787:2A3 10788:AB66 10789:2A5 1078A:2A4 1078B:256 1078C:257 1078D:1D91 1078E:258 1078F:25E "
        + "10790:2A9 10791:264 10792:262 10793:260 10794:29B 10795:127 10796:29C 10797:267 10798:284 10799:2AA 1079A:2AB 1079B:26C 1079C:1DF04 1079D:A78E 1079E:26E 1079F:1DF05 107A0:28E 107A1:1DF06 107A2:F8 "
        + "107A3:276 107A4:277 107A5:71 107A6:27A 107A7:1DF08 107A8:27D 107A9:27E 107AA:280 107AB:2A8 107AC:2A6 107AD:AB67 107AE:2A7 107AF:288 107B0:2C71 107B2:28F 107B3:2A1 107B4:2A2 107B5:298 107B6:1C0 "
        + "107B7:1C1 107B8:1C2 107B9:1DF0A 107BA:1DF1E 1F16C:4D+52 1FBF0:30 1FBF1:31 1FBF2:32 1FBF3:33 1FBF4:34 1FBF5:35 1FBF6:36 1FBF7:37 1FBF8:38 1FBF9:39";

    private static readonly Dictionary<int, int[]> _canonical = Parse(Canonical), _compatible = Parse(Canonical + " " + Compatible);

    public static int[]? Of(int codePoint, bool compatible) => (compatible ? _compatible : _canonical).GetValueOrDefault(codePoint);

    /// <summary>What two code points compose to, or -1.</summary>
    public static int Composition(int first, int second) => (first, second) == (0x11935, 0x11930) ? 0x11938 : -1;

    public static bool ComposesBackward(int codePoint) => codePoint == 0x11930;

    private static Dictionary<int, int[]> Parse(string table) => table.Split(' ').Select(entry => entry.Split(':', '+'))
        .ToDictionary(parts => Number(parts[0]), parts => parts[1..].Select(Number).ToArray());

    private static int Number(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
