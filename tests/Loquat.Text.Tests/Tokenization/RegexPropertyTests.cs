using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>Properties and case in regular expressions: laws over all code points, and what the reference answers to single patterns.</summary>
public sealed class RegexPropertyTests
{
    private static readonly int[] _codePoints = [.. Enumerable.Range(0, 0x110000).Where(c => c is < 0xD800 or > 0xDFFF)];

    [Fact]
    public void Each_code_point_has_one_category_and_long_names_mean_the_same()
    {
        string[][] names =
        [
            ["Lu", "Uppercase_Letter"], ["Ll", "Lowercase_Letter"], ["Lt", "Titlecase_Letter"], ["Lm", "Modifier_Letter"], ["Lo", "Other_Letter"], ["Mn", "Nonspacing_Mark"], ["Mc", "Spacing_Mark"],
            ["Me", "Enclosing_Mark"], ["Nd", "Decimal_Number"], ["Nl", "Letter_Number"], ["No", "Other_Number"], ["Pc", "Connector_Punctuation"], ["Pd", "Dash_Punctuation"], ["Ps", "Open_Punctuation"],
            ["Pe", "Close_Punctuation"], ["Pi", "Initial_Punctuation"], ["Pf", "Final_Punctuation"], ["Po", "Other_Punctuation"], ["Sm", "Math_Symbol"], ["Sc", "Currency_Symbol"], ["Sk", "Modifier_Symbol"],
            ["So", "Other_Symbol"], ["Zs", "Space_Separator"], ["Zl", "Line_Separator"], ["Zp", "Paragraph_Separator"], ["Cc", "Control"], ["Cf", "Format"], ["Co", "Private_Use"], ["Cn", "Unassigned"],
        ];
        var counts = new int[0x110000];
        foreach (var pair in names)
        {
            var (brief, full) = (CharacterSet.Property(pair[0])!, CharacterSet.Property(pair[1])!);
            foreach (var c in _codePoints)
            {
                if (brief.Contains(c)) counts[c]++;
                if (brief.Contains(c) != full.Contains(c)) Assert.Fail($"{pair[0]} and {pair[1]} differ at U+{c:X4}");
            }
        }
        _codePoints.Where(c => counts[c] != 1).Should().BeEmpty();
    }

    [Fact]
    public void Every_named_property_has_ranges_in_order()
    {
        foreach (var name in UnicodeProperties.Names)
        {
            var bounds = UnicodeProperties.Ranges(name)!;
            for (var i = 0; i < bounds.Length; i++) bounds[i].Should().BeInRange(i == 0 ? 0 : i % 2 == 0 ? bounds[i - 1] + 2 : bounds[i - 1], 0x10FFFF, name);
        }
    }

    [Fact]
    public void Each_code_point_has_one_script()
    {
        // Zyyy is Common, Zinh Inherited, Zzzz Unknown.
        const string scripts =
            """
            Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm Cans Cari Cham Cher Chrs Copt Cpmn Cprt Cyrl Deva Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Gara Geor
            Glag Gong Gonm Goth Gran Grek Gujr Gukh Guru Hang Hani Hano Hatr Hebr Hira Hluw Hmng Hmnp Hung Ital Java Kali Kana Kawi Khar Khmr Khoj Kits Knda Krai Kthi Lana Laoo Latn Lepc Limb Lina Linb Lisu
            Lyci Lydi Mahj Maka Mand Mani Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck Onao Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli
            Phlp Phnx Plrd Prti Rjng Rohg Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Tagb Takr Tale Talu Taml Tang Tavt Telu Tfng Tglg Thaa Thai Tibt Tirh Tnsa
            Todr Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb Zinh Zyyy Zzzz
            """;
        var counts = new int[0x110000];
        foreach (var script in scripts.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var set = CharacterSet.Property(script)!;
            foreach (var c in _codePoints)
                if (set.Contains(c)) counts[c]++;
        }
        _codePoints.Where(c => counts[c] != 1).Should().BeEmpty();
    }

    [Theory]
    [InlineData(@"\p{Greek}", "aαΩ\u0370", "αΩ\u0370")]
    [InlineData(@"\p{ g_R-eek }", "aα", "α")]
    [InlineData(@"\p{^Greek}", "aα", "a")]
    [InlineData(@"\P{^Grek}", "aα", "α")]
    [InlineData(@"\p{Hiragana}", "あアー一ｱ", "あ")]
    [InlineData(@"\p{Katakana}", "あアー一ｱ", "アｱ")]
    [InlineData(@"\p{Han}", "あ一〇々a", "一〇々")]
    [InlineData(@"\p{Adlam}\p{Adlm}", "𞤀𞤁", "𞤀𞤁")]
    [InlineData(@"\p{Tulu_Tigalari}", "\U00011380a", "\U00011380")]
    [InlineData(@"\p{In_Greek_and_Coptic}", "ͰϠa", "ͰϠ")]
    [InlineData(@"\p{Emoji_Presentation}", "😀☺1", "😀")]
    [InlineData(@"\p{Extended_Pictographic}", "😀☺1", "😀☺")]
    [InlineData(@"\p{XID_Start}", "_a1é", "aé")]
    [InlineData(@"\p{Lowercase}", "aªAʰ", "aªʰ")]
    [InlineData(@"\pL", "pLa", "pL")]
    [InlineData(@"[\pL]", "pLa", "pL")]
    [InlineData(@"\p{punct}", "$+;", ";")]
    [InlineData(@"[[:punct:]]", "$+;a", "$+;")]
    [InlineData(@"[[:^alpha:]x]", "a1x", "1x")]
    [InlineData(@"[[:alpha]]", "a:hz", "a:h")]
    [InlineData(@"\w", "a²½_-", "a²½_")]
    [InlineData(@"[\w]", "a²½_-", "a_")]
    [InlineData(@"[^\W]", "a²½_-", "a_")]
    [InlineData(@"\P{Word}", "a²½_-", "-")]
    [InlineData(@"\b.", "²-", "²-")]
    public void A_property_matches_what_it_matches_in_the_reference(string regex, string text, string matched) => string.Concat(Matches(regex, text)).Should().Be(matched);

    [Theory]
    [InlineData("(?i)k", "kK\u212A", "k|K|\u212A")]
    [InlineData("(?i)i", "iIİı", "i|I")]
    [InlineData("(?i)İ", "i\u0307İi", "i\u0307|İ")]
    [InlineData("(?i)ß", "ßẞSSſss", "ß|ẞ|SS|ſs")]
    [InlineData("(?i)ss", "ßẞSsſs", "ß|ẞ|Ss|ſs")]
    [InlineData("(?i)sss", "sß ßs", "ßs")]
    [InlineData("(?i)ffi", "ﬃ ﬀi fﬁ FFI", "ﬃ|FFI")]
    [InlineData("(?i)ﬃ", "ﬃ ﬀi FfI", "ﬃ|FfI")]
    [InlineData("(?i)s(?:s)", "ß", "ß")]
    [InlineData("(?i)(s)s", "ß", "")]
    [InlineData("(?i:s)(?i:s)", "ß", "")]
    [InlineData("(?i)s{1}s", "ß", "ß")]
    [InlineData("(?i)ss+", "ß sss", "sss")]
    [InlineData("(?i)s{2}", "ß ss", "ss")]
    [InlineData("(?i)(?:ss){2}", "ßSSs", "ßSS")]
    [InlineData("(?i)[ß]", "ssẞs", "ss|ẞ")]
    [InlineData("(?i)[^ß]", "ssẞ", "s|s")]
    [InlineData("(?i)[ﬀ-ﬆ]", "ffi ﬃ", "ff|ﬃ")]
    [InlineData(@"(?i)[\p{Ll}]+", "SSAß1", "SSAß")]
    [InlineData(@"(?i)\p{Lu}", "aA", "A")]
    [InlineData(@"(?i)[\p{Lu}]", "aA", "a|A")]
    [InlineData("(?i)[a[^b]]", "bB", "b|B")]
    [InlineData("(?i)[a-c&&A-B]", "aAbB", "")]
    [InlineData("(?<=(?i)ß)x", "ẞx", "x")]
    [InlineData("(?<=(?i)ß)x", "ssx", "")]
    [InlineData("(?<=(?i)[ß])x", "ssx", "x")]
    [InlineData("(?i)ᾈ", "ᾀ ἀι ἈΙ", "ᾀ|ἀι|ἈΙ")]
    [InlineData("(?i)ꭰ", "Ꭰꭰ", "Ꭰ|ꭰ")]
    public void Case_is_ignored_as_in_the_reference(string regex, string text, string matched) => string.Join('|', Matches(regex, text)).Should().Be(matched);

    [Fact]
    public void Equal_under_case_is_an_equivalence()
    {
        foreach (var equal in CaseFolds.Classes)
        {
            equal.Should().OnlyHaveUniqueItems().And.HaveCountGreaterThan(1);
            foreach (var c in equal) CaseFolds.Class(c).Should().Equal(equal);
        }
        foreach (var (c, sequence) in CaseFolds.Sequences)
        {
            CaseFolds.Folding(sequence)!.Value.CodePoints.Should().Contain(c);
            CaseFolds.Class(c).Should().OnlyContain(other => CaseFolds.Sequence(other)!.SequenceEqual(sequence));
        }
    }

    [Theory]
    [InlineData(@"\p{Script=Greek}")]
    [InlineData(@"\p{IsGreek}")]
    [InlineData(@"\p{}")]
    [InlineData("\\p{Gree\u212A}")]
    [InlineData("[[:Alpha:]]")]
    [InlineData("[[:greek:]]")]
    public void A_name_that_the_reference_refuses_is_refused(string regex)
    {
        var compile = () => RegexCompiler.Compile(regex, "x.json: pattern");
        compile.Should().Throw<DataException>().WithMessage("x.json: pattern*is not known; known are*");
    }

    [Theory]
    [InlineData("^*a", false)]
    [InlineData("(?=a)?a", false)]
    [InlineData("(?:^|a)*", false)]
    [InlineData("(?:(?=a))*a", false)]
    [InlineData(@"\A{1}a", false)]
    [InlineData("(^)*a", true)]
    [InlineData("(?i:^)*a", true)]
    [InlineData("(?:^^)*a", true)]
    [InlineData("(?:^a)*", true)]
    public void A_place_is_repeated_where_the_reference_lets_it(string regex, bool allowed)
    {
        var compile = () => RegexCompiler.Compile(regex, "x.json: pattern");
        if (allowed) compile.Should().NotThrow();
        else compile.Should().Throw<DataException>().WithMessage("x.json: pattern*cannot be repeated*");
    }

    private static IEnumerable<string> Matches(string regex, string text)
    {
        var found = new List<PatternMatch>();
        new RegexPattern(regex).Find(text, found);
        return found.Where(match => match.IsMatch && match.End > match.Start).Select(match => text[match.Start..match.End]);
    }
}
