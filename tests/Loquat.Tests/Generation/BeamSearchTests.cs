using System.Text.Json;
using Loquat.Generation;

namespace Loquat.Tests.Generation;

/// <summary>Beam search against the reference's on the table of transitions, and against trying all texts.</summary>
public sealed class BeamSearchTests
{
    private const double Tolerance = 5e-6;

    public static TheoryData<string?> Cases => [.. DecodingFixture.Names((c, name) => c.TryGetProperty("num_beams", out _) && c.TryGetProperty("scores", out _))];

    [Theory, MemberData(nameof(Cases))]
    public void Hypotheses_are_those_of_the_reference(string? name)
    {
        var given = DecodingFixture.Case(name);
        var markov = DecodingFixture.Case("markov");
        var table = DecodingFixture.Rows("markov/table");
        var starts = markov.GetProperty("start_tokens").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var options = new SamplingOptions
        {
            Temperature = 0,
            NumBeams = given.GetProperty("num_beams").GetInt32(),
            LengthPenalty = given.GetProperty("length_penalty").GetDouble(),
            EarlyStopping = given.GetProperty("early_stopping") is { ValueKind: JsonValueKind.String } ? EarlyStopping.Never
                : given.GetProperty("early_stopping").GetBoolean() ? EarlyStopping.True : EarlyStopping.False,
        };
        for (var i = 0; i < starts.Length; i++)
        {
            using var model = new TableTokens(table, starts[i]);
            var bounds = new TextBounds(1, 1 + given.GetProperty("max_new_tokens").GetInt32(), [markov.GetProperty("eos").GetInt32()], []);
            var found = BeamSearch.Run(model, options, bounds);
            var expected = given.GetProperty("sequences")[i].EnumerateArray().Select(s => s.EnumerateArray().Select(e => e.GetInt32()).ToList()).ToList();
            found.Should().HaveCount(expected.Count);
            for (var beam = 0; beam < expected.Count; beam++)
            {
                found[beam].Ids.Should().Equal(expected[beam], $"beam {beam} of start {starts[i]}");
                ((double)found[beam].Score).Should().BeApproximately(given.GetProperty("scores")[i][beam].GetDouble(), Tolerance);
            }
        }
    }

    [Fact]
    public void As_many_beams_as_texts_find_the_best_of_all_texts()
    {
        var given = DecodingFixture.Case("exhaustive");
        var table = DecodingFixture.Rows("markov/table");
        var end = DecodingFixture.Case("markov").GetProperty("eos").GetInt32();
        var length = given.GetProperty("length").GetInt32();
        foreach (var best in given.GetProperty("best").EnumerateObject())
        {
            using var model = new TableTokens(table, int.Parse(best.Name, System.Globalization.CultureInfo.InvariantCulture));
            var options = new SamplingOptions { Temperature = 0, NumBeams = (int)Math.Pow(table.Length, length - 1), LengthPenalty = 0, SuppressTokens = [end] };
            var found = BeamSearch.Run(model, options, new(1, 1 + length, [], []))[0];
            found.Ids.Skip(1).Should().Equal(best.Value.GetProperty("tokens").EnumerateArray().Select(e => e.GetInt32()));
            ((double)found.Score).Should().BeApproximately(best.Value.GetProperty("log_probability").GetDouble(), 1e-5);
        }
    }

    [Fact]
    public void Drawn_hypotheses_depend_on_the_seed_alone()
    {
        var table = DecodingFixture.Rows("markov/table");
        List<int> Draw(ulong seed)
        {
            using var model = new TableTokens(table, 1);
            return BeamSearch.Run(model, new SamplingOptions { NumBeams = 3, Temperature = 1.5, Seed = seed }, new(1, 9, [2], []))[0].Ids;
        }
        Draw(5).Should().Equal(Draw(5));
        Enumerable.Range(0, 40).Select(seed => string.Join(' ', Draw((ulong)seed))).Distinct().Count().Should().BeGreaterThan(3);
    }
}
