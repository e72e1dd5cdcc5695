using Loquat.FineTuning.Examples;
using Loquat.Text.Tokenization;

namespace Loquat.FineTuning;

/// <summary>A question and its text as rows: one, or several that overlap where the text is longer than a row.</summary>
internal static class QuestionRows
{
    private const int LongestQuestion = 64;

    public static IReadOnlyList<TaskRow> Make(IReadOnlyList<Example> examples, RowEncoder encoder, int stride)
    {
        // The question and at least as much of the text as is shared must fit.
        var question = Math.Min(LongestQuestion, encoder.MaxLength / 3);
        var shared = Math.Min(stride, Math.Max(0, (encoder.MaxLength - question - 3) / 2));
        var tokenizer = encoder.Tokenizer.With(new TruncationOptions { MaxLength = encoder.MaxLength, Stride = shared, Strategy = TruncationStrategy.OnlySecond }, null);
        var encodings = tokenizer.EncodeBatch([.. examples.Select(example => (Cut(example.Text, encoder.Tokenizer, question), example.Pair))]);
        return [.. encodings.SelectMany((encoding, i) => encoding.Overflowing.Prepend(encoding).Select(part => Row(i, part, examples[i], encoder)))];
    }

    private static TaskRow Row(int index, TokenEncoding encoding, Example example, RowEncoder encoder)
    {
        var offsets = encoding.Utf16Offsets;
        var places = new (int Start, int End)[encoding.Count];
        for (var t = 0; t < places.Length; t++) places[t] = encoding.SequenceIds[t] == 1 ? (offsets[t].Start, offsets[t].End) : (-1, -1);
        return encoder.Row(index, encoding) with { Places = places, Labels = example.Answers is { Count: > 0 } answers ? Span(places, answers[0]) : [0, 0] };
    }

    /// <summary>The tokens of an answer; the first token of the row, which stands for no answer, where it is not whole in this part.</summary>
    private static long[] Span((int Start, int End)[] places, AnswerSpan answer)
    {
        var (from, to) = (answer.Start, answer.Start + answer.Text.Length);
        var first = Array.FindIndex(places, place => place.Start >= 0 && place.End > from && place.Start < to);
        var last = Array.FindLastIndex(places, place => place.Start >= 0 && place.Start < to && place.End > from);
        return first < 0 || places[first].Start > from || places[last].End < to ? [0, 0] : [first, last];
    }

    private static string Cut(string question, Tokenizer tokenizer, int most)
    {
        var encoding = tokenizer.Encode(question, addSpecialTokens: false);
        return encoding.Count <= most ? question : question[..encoding.Utf16Offsets[most - 1].End];
    }
}
