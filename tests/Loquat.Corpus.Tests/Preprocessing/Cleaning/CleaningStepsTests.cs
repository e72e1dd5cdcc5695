using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Cleaning;

namespace Loquat.Corpus.Tests.Preprocessing.Cleaning;

public sealed class CleaningStepsTests
{
    private const double StripHtmlShare = 0.95;

    private static readonly SimplifiedTextOptions _nothing = new() { Lowercase = false, NormWhitespace = false, RemovePunctuation = false, NormUnicodeDiacritics = false, NormNumbers = false };

    private static string Apply(string step, string text) => step switch
    {
        "lower" => Casing.Lower(text),
        "remove_punctuation" => PlainText.RemovePunctuation(text),
        "remove_symbols" => PlainText.RemoveSymbols(text),
        "collapse_whitespace" => PlainText.CollapseWhiteSpace(text),
        "tidy_lines" => PlainText.TidyLines(text),
        "strip_accents" => PlainText.StripAccents(text),
        "strip_html" => HtmlText.Strip(text),
        "mask_urls" => Masks.Urls(text),
        "mask_emails" => Masks.Emails(text),
        "mask_ips" => Masks.Ips(text),
        "mask_phones" => Masks.Phones(text),
        "mask_numbers" => Masks.Numbers(text),
        "normal" => PlainText.Normal(text),
        "datatrove_pii" => new ExampleAddresses().Replace(text),
        "datatrove_pii_all_ips" => new ExampleAddresses(allAddresses: true).Replace(text),
        "datatrove_symbol_lines" => SymbolLines.Remove(text),
        "datatrove_simplify" => SimplifiedText.Of(text),
        "datatrove_simplify:lowercase" => SimplifiedText.Of(text, _nothing with { Lowercase = true }),
        "datatrove_simplify:norm_whitespace" => SimplifiedText.Of(text, _nothing with { NormWhitespace = true }),
        "datatrove_simplify:remove_punctuation" => SimplifiedText.Of(text, _nothing with { RemovePunctuation = true }),
        "datatrove_simplify:norm_unicode_diacritics" => SimplifiedText.Of(text, _nothing with { NormUnicodeDiacritics = true }),
        "datatrove_simplify:norm_numbers" => SimplifiedText.Of(text, _nothing with { NormNumbers = true }),
        "datatrove_simplify:norm_weekdays" => SimplifiedText.Of(text, _nothing with { NormWeekdays = true }),
        "datatrove_simplify:norm_monthnames" => SimplifiedText.Of(text, _nothing with { NormMonthnames = true }),
        _ => throw new InvalidOperationException($"a step that is not known: {step}"),
    };

    [Fact]
    public void Every_step_equals_its_definition_on_every_text()
    {
        var cases = TextFixture.Load("clean_steps.json").Cases.ToList();
        var steps = cases.SelectMany(c => c.GetProperty("expected").EnumerateObject().Select(e => e.Name)).Distinct().Where(s => s != "strip_html").ToList();
        TextFixture.AllEqual(steps.SelectMany(step => cases.Select((c, i) =>
        {
            var input = c.GetProperty("input").GetString()!;
            return ($"{i} {step}: {TextFixture.Show(input)}", c.GetProperty("expected").TryGetProperty(step, out var expected) ? expected.GetString() : input, (string?)Apply(step, input));
        })));
    }

    [Fact]
    public void Tags_are_taken_out_as_a_browser_would()
    {
        var results = TextFixture.Load("clean_steps.json").Cases.Select(c =>
        {
            var input = c.GetProperty("input").GetString()!;
            var expected = c.GetProperty("expected").TryGetProperty("strip_html", out var e) ? e.GetString()! : input;
            return (input, expected, actual: HtmlText.Strip(input));
        }).ToList();
        var wrong = results.Where(r => r.expected != r.actual).Select(r => $"{TextFixture.Show(r.input)}\n  expected {TextFixture.Show(r.expected)}\n  actual   {TextFixture.Show(r.actual)}").ToList();
        Assert.True(wrong.Count <= (1 - StripHtmlShare) * results.Count, $"{wrong.Count} of {results.Count} differ:\n{string.Join('\n', wrong.Take(6))}");
    }

    [Fact]
    public void Replacements_go_on_from_document_to_document()
    {
        foreach (var run in TextFixture.Load("clean_steps.json")["datatrove_pii_one_formatter_for_many_documents"].EnumerateArray().Chunk(2))
        {
            var replacer = new ExampleAddresses();
            run[0].EnumerateArray().Select(t => replacer.Replace(t.GetString()!)).Should().Equal(run[1].EnumerateArray().Select(t => t.GetString()!));
        }
    }

    [Theory]
    [InlineData("card 4111 1111 1111 1111, not 4111 1111 1111 1112", "card <card>, not 4111 1111 1111 1112")]
    [InlineData("5500-0000-0000-0004.", "<card>.")]
    [InlineData("order 0000000000000000", "order 0000000000000000")]
    public void Cards_are_masked_where_their_check_digit_is_right(string text, string expected) => Masks.Cards(text).Should().Be(expected);

    [Theory]
    [InlineData("Pay to DE89 3704 0044 0532 0130 00 NOW", "Pay to <iban> NOW")]
    [InlineData("GB82WEST12345698765432.", "<iban>.")]
    [InlineData("DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01")]
    public void Accounts_are_masked_where_their_check_digits_are_right(string text, string expected) => Masks.Ibans(text).Should().Be(expected);

    [Theory]
    [InlineData("a\u200bb\u00adc\ufeffd\u202ae\u0007f\tg\nh", "abcdef\tg\nh")]
    public void Invisible_characters_go(string text, string expected) => PlainText.RemoveInvisible(text).Should().Be(expected);

    [Fact]
    public void Long_texts_of_one_kind_take_linear_time()
    {
        foreach (var unit in new[] { "a.", "a@", "<", "&", "&#", "1.", "1-", "www.", "<!--", "</", "A1", "\"'=", "[" })
        {
            var text = string.Concat(Enumerable.Repeat(unit, 100_000));
            var watch = System.Diagnostics.Stopwatch.StartNew();
            foreach (var step in new[] { "strip_html", "mask_urls", "mask_emails", "mask_ips", "mask_phones", "mask_numbers", "datatrove_pii", "tidy_lines", "datatrove_simplify" }) Apply(step, text);
            Masks.Cards(text);
            Masks.Ibans(text);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{unit}: {watch.Elapsed}");
        }
    }
}
