using Loquat.Objectives;
using Loquat.Text.Tokenization;

namespace Loquat.Runs;

/// <summary>
/// A batch as a person reads it: under each token that the model reads stands the token that it is to predict there, or a point where none counts. For a look before
/// anything is trained.
/// </summary>
public static class BatchPreview
{
    private const string Nothing = "·";
    private const string Filled = "▒";
    private const int Margin = 12;

    /// <param name="batch">From <see cref="TrainingRun.FirstBatch"/>, or any objective.</param>
    /// <param name="width">Characters in a line, above 20.</param>
    /// <param name="tokens">Tokens of each row to show at most.</param>
    public static IEnumerable<string> Lines(TokenBatch batch, Tokenizer tokenizer, int width = 120, int tokens = 64)
    {
        for (var row = 0; row < batch.Rows; row++)
        {
            yield return $"row {row}: {Counts(batch, row)}";
            var (at, decoder) = (row * batch.Length, batch.DecoderInputIds);
            var reads = Enumerable.Range(0, batch.Length).Select(i => batch.AttentionMask?[at + i] == 0 ? Filled : Shown(tokenizer, batch.InputIds[at + i])).ToList();
            List<(string, IReadOnlyList<string>)> lines = [("reads", reads)];
            if (batch.TokenTypeIds is { } types) lines.Add(("text", [.. types[at..(at + batch.Length)].Select(type => $"{type}")]));
            if (batch.Documents is { } documents) lines.Add(("document", [.. documents[at..(at + batch.Length)].Select(document => $"{document}")]));
            if (decoder is null) lines.Add(("predicts", Labels(batch.Labels, at, batch.Length, tokenizer)));
            foreach (var line in Wrap(lines, width, tokens)) yield return line;
            if (decoder is not null)
            {
                var from = row * batch.DecoderLength;
                foreach (var line in Wrap([("decoder", [.. decoder[from..(from + batch.DecoderLength)].Select(id => Shown(tokenizer, id))]), ("predicts", Labels(batch.Labels, from, batch.DecoderLength, tokenizer))], width, tokens)) yield return line;
            }
            yield return "";
        }
    }

    private static string Counts(TokenBatch batch, int row)
    {
        var length = batch.Labels.Length / batch.Rows;
        var counted = batch.Labels.AsSpan(row * length, length).ToArray().Count(label => label >= 0);
        var filled = batch.AttentionMask?.AsSpan(row * batch.Length, batch.Length).ToArray().Count(bit => bit == 0) ?? 0;
        return $"{batch.Length - filled} tokens read{(filled > 0 ? $", {filled} filled up ({Filled})" : "")}{(batch.Prefix is { } prefix ? $", the first {prefix[row]} see each other" : "")}, {counted} predicted" +
            (batch.RowLabels is { } rows ? $", class {rows[row]}" : "");
    }

    private static List<string> Labels(long[] labels, int from, int length, Tokenizer tokenizer) => [.. Enumerable.Range(from, length).Select(i => labels[i] < 0 ? Nothing : Shown(tokenizer, labels[i]))];

    private static string Shown(Tokenizer tokenizer, long id)
    {
        var text = tokenizer.Decode([(int)id], skipSpecialTokens: false);
        if (text.Length == 0 || text.Contains('\uFFFD', StringComparison.Ordinal)) text = tokenizer.IdToToken((int)id) ?? $"{id}";
        return text.Replace(' ', '␣').Replace("\r", "␍", StringComparison.Ordinal).Replace("\n", "↵", StringComparison.Ordinal).Replace("\t", "⇥", StringComparison.Ordinal);
    }

    private static IEnumerable<string> Wrap(List<(string Name, IReadOnlyList<string> Cells)> lines, int width, int most)
    {
        var count = Math.Min(most, lines[0].Cells.Count);
        for (var first = 0; first < count;)
        {
            var (used, end) = (Margin, first);
            for (; end < count && (end == first || used + Width(end) + 1 <= width); end++) used += Width(end) + 1;
            foreach (var (name, cells) in lines)
                yield return ($"  {name}".PadRight(Margin) + string.Join(' ', Enumerable.Range(first, end - first).Select(i => cells[i].PadRight(Width(i))))).TrimEnd();
            first = end;
        }
        if (count < lines[0].Cells.Count) yield return "".PadRight(Margin) + $"... {lines[0].Cells.Count - count} more";

        int Width(int i) => lines.Max(line => line.Cells[i].Length);
    }
}
