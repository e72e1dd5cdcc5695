using CsCheck;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Text.Tokenization.Normalizers;

namespace Loquat.Corpus.Tests.Preprocessing.Characters;

public sealed class UnicodeFormsTests
{
    public static TheoryData<string> Mappings { get; } = ["nfc", "nfd", "nfkc", "nfkd", "lower", "upper", "casefold"];

    [Theory, MemberData(nameof(Mappings))]
    public void Equals_the_reference(string mapping) => TextFixture.AllEqual(TextFixture.Load("unicode_forms.json").Cases.Select((c, i) =>
    {
        var input = c.GetProperty("input").GetString()!;
        return ($"{i} {TextFixture.Show(input)}", c.TryGetProperty(mapping, out var expected) ? expected.GetString() : input, (string?)Map(mapping, input));
    }));

    private static string Map(string mapping, string text) => mapping switch
    {
        "lower" => Casing.Lower(text),
        "upper" => Casing.Upper(text),
        "casefold" => Casing.Fold(text),
        _ => NormalForm.Find(mapping)!.Apply(text),
    };

    [Theory]
    [InlineData("TITLE Iğdır İzmir", "tr", "tıtle ığdır izmir")]
    [InlineData("I\u0307stanbul", "tur", "istanbul")]
    [InlineData("ΟΔΟΣ ΣΟΦΟΣ.", null, "οδος σοφος.")]
    public void Lowers_as_the_language_does(string text, string? language, string expected) => Casing.Lower(text, language).Should().Be(expected);

    [Fact]
    public void Uppers_as_the_language_does() => Casing.Upper("izmir ılık", "tr").Should().Be("İZMİR ILIK");

    // Marks, letters that compose, Hangul, and what stands between them, in any order.
    private static readonly Gen<string> _text = Gen.OneOf(
        Gen.Char['a', 'e'], Gen.Char['\u0300', '\u0360'], Gen.Char['\u1100', '\u11ff'], Gen.Char['\uac00', '\uac80'], Gen.Char['\u00c0', '\u01ff'], Gen.Char['\u0900', '\u09ff'],
        Gen.Char['\u0610', '\u0660'], Gen.Char['\uf900', '\ufaff'], Gen.Char['\u1f00', '\u1fff']).Array[0, 30].Select(c => new string(c));

    [Theory, InlineData("nfc"), InlineData("nfd"), InlineData("nfkc"), InlineData("nfkd")]
    public void A_form_is_stable_and_equals_that_of_the_tokenizers(string name)
    {
        var (form, reference) = (NormalForm.Find(name)!, Reference(name));
        _text.Sample(text =>
        {
            var normal = form.Apply(text);
            return form.Apply(normal) == normal && normal == reference.Normalize(text);
        });
    }

    private static UnicodeForm Reference(string name) => name switch { "nfc" => UnicodeForm.Nfc, "nfd" => UnicodeForm.Nfd, "nfkc" => UnicodeForm.Nfkc, _ => UnicodeForm.Nfkd };
}
