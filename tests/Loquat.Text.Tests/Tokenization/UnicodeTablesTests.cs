using System.Globalization;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>Laws of the packed tables, and single answers of the reference that no other version of Unicode gives.</summary>
public sealed class UnicodeTablesTests
{
    private static readonly IEnumerable<int> _codePoints = Enumerable.Range(0, 0x110000).Where(c => c is < 0xD800 or > 0xDFFF);

    [Theory]
    [InlineData(0x10D6E, UnicodeCategory.DashPunctuation)]
    [InlineData(0x10D8E, UnicodeCategory.MathSymbol)]
    [InlineData(0x10D8F, UnicodeCategory.MathSymbol)]
    [InlineData(0x1C89, UnicodeCategory.UppercaseLetter)]
    [InlineData(0xF0000, UnicodeCategory.PrivateUse)]
    [InlineData(0xFFFFE, UnicodeCategory.OtherNotAssigned)]
    public void Categories_are_those_of_the_references_regular_expressions(int codePoint, UnicodeCategory category) => UnicodeTables.Category(codePoint).Should().Be(category);

    [Theory]
    [InlineData(0x7F, true)]
    [InlineData(0xAD, true)]
    [InlineData(0xE000, true)]
    [InlineData(0xF0000, true)]
    [InlineData(0x10FFFD, true)]
    [InlineData(0xFFFFE, false)]
    [InlineData('\t', false)]
    public void Clean_text_of_BERT_removes_private_use_in_every_plane(int codePoint, bool removed) => UnicodeTables.Is(codePoint, CodePointSets.BertControl).Should().Be(removed);

    [Fact]
    public void White_space_of_NET_is_that_of_Unicode()
    {
        int[] expected = [9, 10, 11, 12, 13, 0x20, 0x85, 0xA0, 0x1680, .. Enumerable.Range(0x2000, 11), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000];
        _codePoints.Where(UnicodeTables.IsWhiteSpace).Should().Equal(expected);
    }

    [Fact]
    public void Every_composition_is_undone_by_its_decomposition()
    {
        foreach (var c in _codePoints)
        {
            if (UnicodeTables.Decomposition(c, compatible: false) is not { Length: 2 } pair || UnicodeTables.Composition(pair[0], pair[1]) is not (>= 0 and var composed)) continue;
            UnicodeTables.Decomposition(composed, compatible: false).Should().Equal(pair, "U+{0:X4}", c);
        }
    }

    [Fact]
    public void Full_decompositions_do_not_decompose_further_and_are_in_the_order_of_their_classes()
    {
        foreach (var c in _codePoints)
            foreach (var compatible in new[] { false, true })
            {
                if (UnicodeTables.Decomposition(c, compatible) is not { } parts) continue;
                parts.Should().OnlyContain(part => UnicodeTables.Decomposition(part, compatible) == null, "U+{0:X4}", c);
                for (var i = 1; i < parts.Length; i++)
                    if (UnicodeTables.CombiningClass(parts[i]) is > 0 and var rank) UnicodeTables.CombiningClass(parts[i - 1]).Should().BeLessThanOrEqualTo(rank, "U+{0:X4}", c);
            }
    }

    [Fact]
    public void Lower_case_is_lower_case() => _codePoints.Where(c => UnicodeTables.ToLower(UnicodeTables.ToLower(c)) != UnicodeTables.ToLower(c)).Should().BeEmpty();
}
