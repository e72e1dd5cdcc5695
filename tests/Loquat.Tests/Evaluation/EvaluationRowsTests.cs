using Loquat.Evaluation;

namespace Loquat.Tests.Evaluation;

/// <summary>Rows begin as prompts do, and every token of the text counts once.</summary>
public sealed class EvaluationRowsTests
{
    private const int End = 9;

    private static readonly int[] _text = [1, 2, 3, End, 4, 5, 6, 7, 8, 1, 2, 3, End, 5, End];
    private static readonly long[] _ends = [4, 13, 15];

    [Theory]
    [InlineData(new int[0], End, 5)]
    [InlineData(new[] { End }, End, 5)]
    [InlineData(new[] { 0 }, End, 5)]
    [InlineData(new[] { 0 }, null, 5)]
    [InlineData(new[] { 7, 0 }, End, 5)]
    [InlineData(new int[0], null, 4)]
    public void Every_token_counts_once_after_what_begins_a_text(int[] beginning, int? end, int context)
    {
        var rows = new EvaluationRows(at => _text[at], _ends, context, end, beginning);
        var (inputs, labels) = (new long[context], new long[context]);
        var counted = new List<long>();
        for (var row = 0; row < rows.Count; row++)
        {
            rows.Fill(row, inputs, labels);
            if (beginning.Length > 0 && beginning[^1] != end)
            {
                inputs[..beginning.Length].Should().Equal(beginning.Select(id => (long)id));
                labels[..(beginning.Length - 1)].Should().OnlyContain(label => label == EvaluationRows.Ignored);
            }
            // A label is the token after its input.
            for (var i = 1; i < context; i++)
                if (labels[i] != EvaluationRows.Ignored && labels[i - 1] != EvaluationRows.Ignored) inputs[i].Should().Be(labels[i - 1]);
            counted.AddRange(labels.Where(label => label != EvaluationRows.Ignored));
        }
        var fromNothing = end is null && beginning.Length == 0;
        counted.Should().Equal(_text.Skip(fromNothing ? 1 : 0).Select(id => (long)id));
        rows.Tokens.Should().Be(counted.Count);
    }

    [Fact]
    public void A_row_without_room_for_the_beginning_is_refused()
    {
        var act = () => new EvaluationRows(at => _text[at], _ends, 2, End, [1, 2, 3]);
        act.Should().Throw<OptionsException>().WithMessage("*no room*");
    }
}
