using System.Text.Json;
using Loquat.Corpus.Preprocessing.Decontamination;

namespace Loquat.Corpus.Tests.Preprocessing.Decontamination;

public sealed class EvaluationSetTests
{
    private static List<EvaluationItem> Items(TextFixture fixture) =>
        [.. fixture["evaluation"].EnumerateArray().Select(e => new EvaluationItem(e.GetProperty("id").GetInt32(), e.GetProperty("set").GetString()!, e.GetProperty("text").GetString()!))];

    [Fact]
    public void Every_document_is_flagged_where_the_reference_flags_it()
    {
        var fixture = TextFixture.Load("decontamination.json");
        var items = Items(fixture);
        var sets = new Dictionary<string, EvaluationSet> { ["n8"] = EvaluationSet.OfSize(items, 8), ["n13"] = EvaluationSet.OfSize(items, 13), ["gpt3"] = EvaluationSet.Gpt3(items) };
        TextFixture.AllEqual(fixture.Cases.SelectMany((c, i) => sets.Select(set =>
        {
            var expected = c.GetProperty(set.Key);
            var found = set.Value.First(c.GetProperty("text").GetString()!);
            return ($"{i} {set.Key}", expected.ValueKind == JsonValueKind.Null ? null : $"{expected.GetProperty("position")} {expected.GetProperty("ngram")} {string.Join(',', expected.GetProperty("items").EnumerateArray().Select(n => n.GetInt32()))}",
                found is null ? null : $"{found.Position} {found.Ngram} {string.Join(',', found.Items)}");
        })));
    }

    [Fact]
    public void Sizes_and_shares_equal_the_reference_s()
    {
        var fixture = TextFixture.Load("decontamination.json");
        var items = Items(fixture);
        var sizes = EvaluationSet.SizesOfGpt3(items);
        foreach (var size in fixture["gpt3_n"].EnumerateObject()) sizes[size.Name].Should().Be(size.Value.GetInt32(), size.Name);
        var (thirteen, twelve) = (EvaluationSet.OfSize(items, 13), EvaluationSet.Simplified(items));
        foreach (var (c, i) in fixture.Cases.Select((c, i) => (c, i)))
        {
            thirteen.Share(c.GetProperty("text").GetString()!).Should().BeApproximately(c.GetProperty("overlap13").GetDouble(), 1e-6, $"{i}");
            (twelve.First(c.GetProperty("text").GetString()!) is not null).Should().Be(c.GetProperty("datatrove12").GetBoolean(), $"{i}");
        }
    }
}
