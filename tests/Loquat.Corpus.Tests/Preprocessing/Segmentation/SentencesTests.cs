using System.Text;
using System.Text.Json;
using CsCheck;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Segmentation;

namespace Loquat.Corpus.Tests.Preprocessing.Segmentation;

public sealed class SentencesTests(ITestOutputHelper output)
{
    private const double LeastGolden = 47.0 / 48;
    private const double JoinedGap = 0.01;
    private const double LeastAgreement = 0.95;

    private static List<JsonElement> Cases(string kind) => [.. TextFixture.Load("sentences.json").Cases.Where(c => c.GetProperty("kind").GetString() == kind)];

    private static List<string> Split(JsonElement c) => c.GetProperty("input").GetString() is { } text ? [.. Sentences.Of(text, c.GetProperty("language").GetString()).Select(s => s.Of(text).ToString())] : [];

    private static List<string> Expected(JsonElement c, string field) => [.. c.GetProperty(field).EnumerateArray().Select(s => s.GetString()!)];

    // Ends of sentences, counted in characters that are no space, without the last.
    private static HashSet<int> Ends(List<string> sentences)
    {
        var (ends, place) = (new HashSet<int>(), 0);
        foreach (var sentence in sentences) ends.Add(place += sentence.EnumerateRunes().Count(r => !Rune.IsWhiteSpace(r)));
        ends.Remove(place);
        return ends;
    }

    private static double BoundaryF1(List<JsonElement> cases, string field)
    {
        var (hits, all) = (0, 0);
        foreach (var c in cases)
        {
            var (given, wanted) = (Ends(Split(c)), Ends(Expected(c, field)));
            hits += given.Count(wanted.Contains);
            all += given.Count + wanted.Count;
        }
        return all == 0 ? 1 : 2.0 * hits / all;
    }

    [Fact]
    public void The_golden_rules_hold()
    {
        var cases = Cases("golden");
        var wrong = cases.Where(c => !Split(c).SequenceEqual(Expected(c, "gold"))).ToList();
        foreach (var c in wrong) output.WriteLine($"{c.GetProperty("input")}\n  {string.Join(" | ", Split(c))}");
        output.WriteLine($"{cases.Count - wrong.Count} of {cases.Count}");
        (cases.Count - wrong.Count).Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(LeastGolden * cases.Count - 1e-9));
    }

    [Fact]
    public void Joined_sentences_are_divided_as_well_as_by_the_reference()
    {
        var scores = TextFixture.Load("sentences.json")["reference_scores"];
        var behind = new List<string>();
        foreach (var language in Cases("joined").GroupBy(c => c.GetProperty("language").GetString()!))
        {
            var f1 = BoundaryF1([.. language], "gold");
            var references = scores.GetProperty($"joined:{language.Key}");
            // The reference knows fewer languages; for the others, its simple splitter.
            var wanted = (references.TryGetProperty("pysbd", out var reference) ? reference : references.GetProperty("simple")).GetProperty("boundary_f1").GetDouble();
            output.WriteLine($"{language.Key}: {f1:F4}, reference {wanted:F4}");
            if (f1 < wanted - JoinedGap) behind.Add($"{language.Key}: {f1:F4}, reference {wanted:F4}");
        }
        behind.Should().BeEmpty();
    }

    [Fact]
    public void Running_text_is_divided_where_the_reference_divides_it()
    {
        var (found, all) = (0, 0);
        foreach (var c in Cases("text").Where(c => c.GetProperty("pysbd").ValueKind == JsonValueKind.Array))
        {
            var (given, wanted) = (Ends(Split(c)), Ends(Expected(c, "pysbd")));
            found += wanted.Count(given.Contains);
            all += wanted.Count;
        }
        output.WriteLine($"{found} of {all}");
        found.Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(LeastAgreement * all));
    }

    [Fact]
    public void The_simple_splitter_equals_its_definition() => TextFixture.AllEqual(TextFixture.Load("sentences.json").Cases.Select((c, i) =>
    {
        var text = c.GetProperty("input").GetString()!;
        return ($"{i} {c.GetProperty("kind")}", (string?)string.Join('\u0001', Expected(c, "simple")), (string?)string.Join('\u0001', SimpleSentences.Of(text).Select(s => s.Of(text).ToString())));
    }));

    private static readonly Gen<string> _text = Gen.OneOf(
        Gen.Char['a', 'f'], Gen.OneOf([.. ".!?…。 \n\t\"'()[]“”«»「」•1234567890IABÉжთ។".Select(Gen.Const)])).Array[0, 60].Select(c => new string(c));

    [Fact]
    public void Nothing_but_white_space_is_lost_between_sentences() => _text.Sample(text =>
    {
        var (place, left) = (0, new StringBuilder());
        foreach (var sentence in Sentences.Of(text))
        {
            if (sentence.Start < place || sentence.Length == 0) return false;
            left.Append(text.AsSpan(place, sentence.Start - place));
            place = sentence.End;
        }
        left.Append(text.AsSpan(place));
        return left.ToString().All(WhiteSpace.Is);
    });

    [Theory]
    [InlineData("deu", "Am 3. Oktober war Feiertag. Dr. Müller kam z. B. nicht.", 2)]
    [InlineData("deu", "Das kostet ca. 5 Euro usw. und mehr. Gut.", 2)]
    [InlineData("fra", "M. Dupont est là. Il attend.", 2)]
    [InlineData("rus", "Это было в 1990 г. в Москве. Потом он уехал.", 2)]
    [InlineData("xyz", "One. Two.", 2)]
    [InlineData("eng", "It works.[12] So it does.", 2)]
    [InlineData("eng", "", 0)]
    public void A_language_has_its_abbreviations(string language, string text, int sentences) => Sentences.Of(text, language).Should().HaveCount(sentences);
}
