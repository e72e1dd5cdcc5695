using CsCheck;
using Loquat.Tests;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>The hand-written scanners against their regular expressions, run by the engine that has no scanners.</summary>
public sealed class ScannerTests
{
    public static TheoryData<string> Patterns => [.. SplitPattern.All.Select(p => p.Regex)];

    [Theory, MemberData(nameof(Patterns))]
    public void A_scanner_cuts_as_its_regular_expression(string regex)
    {
        var pattern = SplitPattern.Find(regex)!;
        var program = RegexCompiler.Compile(regex, "test");
        string[] hard = ["'s", "'LL", "'ſ", "'re", "\r\n", "  ", " \n ", "123", "aB", "ABc", "é", "e\u0301", "\u0301", "中文", "ǅ", "\u00A0", "😀", "𝒜", "𝟘", "ʰ", "/\n", "Ⅷ", "\u2028", "\u200b"];
        var pieces = Gen.Int[0, hard.Length - 1].Select(i => hard[i]);
        var character = Gen.Frequency((6, Gen.Char[' ', '~'].Select(c => c.ToString())), (4, pieces), (2, Gen.Int[0x80, 0x1FFFF].Where(c => c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32)));
        character.Array[0, 30].Select(string.Concat).Sample(text =>
        {
            var matcher = new RegexMatcher(program, text);
            var (expected, actual) = (new List<int>(), new List<int>());
            for (var at = 0; at < text.Length && matcher.Search(at, out var start, out var end); at = end)
            {
                start.Should().Be(at);
                expected.Add(end);
            }
            for (int start = 0, end; start < text.Length; start = end) actual.Add(end = pattern.Next(text, start));
            actual.Should().Equal(expected, text);
        }, iter: LongTests.Rounds(20_000, 1_000_000));
    }

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a|a)+$b")]
    [InlineData("(a+)+c")]
    [InlineData("(?:(?:a?){20}){20}b")]
    public void A_hostile_pattern_ends_in_an_error_and_not_in_a_hang(string regex)
    {
        var matcher = new RegexMatcher(RegexCompiler.Compile(regex, "x.json: pattern"), new string('a', 5000));
        var search = () => matcher.Search(0, out _, out _);
        search.Should().Throw<DataException>().WithMessage("x.json: pattern*steps*");
    }

    [Theory]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData(@"\p{Nonsense}")]
    [InlineData("a{9,2}")]
    [InlineData("(?q:a)")]
    [InlineData("((((a{999}){999}){999}){999})")]
    [InlineData("(){9999}{9999}{9999}")]
    public void A_wrong_pattern_is_named_with_the_place(string regex)
    {
        var compile = () => RegexCompiler.Compile(regex, "x.json: pattern");
        compile.Should().Throw<DataException>().WithMessage("x.json: pattern*");
    }
}
