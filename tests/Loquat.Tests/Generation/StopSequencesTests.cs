using CsCheck;
using Loquat.Generation;

namespace Loquat.Tests.Generation;

public sealed class StopSequencesTests
{
    [Fact]
    public void However_the_text_is_cut_it_ends_before_the_first_stop_sequence()
    {
        var letters = Gen.Char["ab"];
        Gen.Select(Gen.String[letters, 0, 30], Gen.String[letters, 1, 4].Array[0, 3], Gen.Int[1, 5].Array[1, 31]).Sample((text, stops, cuts) =>
        {
            var matcher = new StopSequences(stops);
            var (given, at) = ("", 0);
            for (var i = 0; at < text.Length && !matcher.Stopped; i++)
            {
                var length = Math.Min(cuts[i % cuts.Length], text.Length - at);
                given += matcher.Append(text.Substring(at, length));
                at += length;
            }
            given += matcher.Flush();
            var first = stops.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(text.Length).Min();
            return given == text[..first];
        });
    }

    [Fact]
    public void Text_that_cannot_be_part_of_a_stop_sequence_is_not_held_back()
    {
        var matcher = new StopSequences(["\nEnd", "stop!"]);
        matcher.Append("Once upon").Should().Be("Once upon");
        matcher.Append(" a time\nE").Should().Be(" a time");
        matcher.Append("dna sto").Should().Be("\nEdna ");
        matcher.Append("p! more").Should().Be("");
        matcher.Stopped.Should().BeTrue();
        matcher.Flush().Should().Be("");
    }

    [Fact]
    public void At_the_end_a_sequence_inside_one_that_was_waited_for_counts()
    {
        var matcher = new StopSequences(["bbab", "ba"]);
        (matcher.Append("aabba") + matcher.Flush()).Should().Be("aab");
        matcher.Stopped.Should().BeTrue();
    }
}
