using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Loquat.Corpus.Preprocessing.Filters;

namespace Loquat.Corpus.Tests.Preprocessing.Filters;

public sealed class QualityFiltersTests
{
    private const double Tolerance = 1e-6;

    private static readonly Dictionary<string, QualityFilter> _filters = new() { ["gopher_quality"] = new GopherQuality(), ["gopher_repetition"] = new GopherRepetition(), ["fineweb"] = new FineWebQuality() };

    private static string TextOf(JsonElement c) => c.TryGetProperty("text", out var text) ? text.GetString()!
        : new StringBuilder().Insert(0, c.GetProperty("repeat")[0].GetString()!, c.GetProperty("repeat")[1].GetInt32()).ToString();

    private static string Decide(string filter, string text) => filter switch
    {
        "c4" => new C4Quality().Decide(text).Reason ?? "keep",
        "c4_without_punctuation_rule" => new C4Quality(new() { FilterNoTerminalPunct = false }).Decide(text).Reason ?? "keep",
        _ => _filters[filter].FirstFailure(text) ?? "keep",
    };

    [Fact]
    public void Every_document_is_kept_or_dropped_for_the_reference_s_reason() => TextFixture.AllEqual(TextFixture.Load("quality.json").Cases.SelectMany(c =>
        c.GetProperty("expected").EnumerateObject().Select(e => ($"{c.GetProperty("id")} {e.Name}", e.Value.GetString(), (string?)Decide(e.Name, TextOf(c))))));

    [Fact]
    public void Every_rule_that_fails_is_told() => TextFixture.AllEqual(TextFixture.Load("quality.json").Cases.SelectMany(c =>
        c.GetProperty("failed").EnumerateObject().Where(f => _filters.ContainsKey(f.Name)).Select(f => (
            $"{c.GetProperty("id")} {f.Name}", (string?)string.Join(' ', f.Value.EnumerateArray().Select(r => r.GetString())), (string?)string.Join(' ', _filters[f.Name].Failures(TextOf(c)))))));

    [Fact]
    public void Short_texts_pass_the_rules_of_repetition_where_that_is_asked()
    {
        const string Short = "A short poem of few words, in which nothing is said twice.";
        new GopherRepetition().FirstFailure(Short).Should().StartWith("top_");
        new GopherRepetition(new() { MinWords = 50 }).FirstFailure(Short).Should().BeNull();
        new GopherRepetition(new() { MinWords = 50 }).FirstFailure(string.Concat(Enumerable.Repeat("again and again ", 20))).Should().NotBeNull();
    }

    [Fact]
    public void C4_does_the_same_to_every_line() => TextFixture.AllEqual(TextFixture.Load("quality.json").Cases.Select(c =>
    {
        var decision = new C4Quality().Decide(TextOf(c));
        var hash = decision.Text is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(decision.Text)));
        var lines = c.TryGetProperty("c4_lines", out var expected) && expected.ValueKind == JsonValueKind.String ? expected.GetString() : decision.Lines;
        var sentences = c.TryGetProperty("c4_sentences", out var number) && number.ValueKind == JsonValueKind.Number ? number.GetInt32() : decision.Sentences;
        var text = c.TryGetProperty("c4_text_sha256", out var sha) ? sha.GetString() : hash;
        return ($"{c.GetProperty("id")}", (string?)$"{lines} {sentences} {text}", (string?)$"{decision.Lines} {decision.Sentences} {hash}");
    }));

    [Fact]
    public void Every_measurement_equals_the_reference_s()
    {
        var wrong = new List<string>();
        foreach (var c in TextFixture.Load("quality.json").Cases)
        {
            var text = new MeasuredText(TextOf(c));
            var measured = _filters.Values.SelectMany(f => f.Measure(text)).GroupBy(r => r.Name).ToDictionary(g => g.Key, g => g.First().Value);
            foreach (var stat in c.GetProperty("stats").EnumerateObject())
                if (!measured.TryGetValue(stat.Name, out var value) || !(Math.Abs(value - stat.Value.GetDouble()) <= Tolerance))
                    wrong.Add($"{c.GetProperty("id")} {stat.Name}: expected {stat.Value}, actual {(measured.TryGetValue(stat.Name, out value) ? value : "none")}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong.Take(10))}");
    }
}
