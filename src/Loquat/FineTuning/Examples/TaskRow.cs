using Loquat.Objectives;

namespace Loquat.FineTuning.Examples;

/// <summary>A row that a model reads, with its labels. An example is one row, or several where its text is longer than the model.</summary>
/// <param name="Example">The number of its example.</param>
/// <param name="Ids">Tokens, special ones included.</param>
public sealed record TaskRow(int Example, int[] Ids)
{
    /// <summary>Which of two texts each token belongs to; null: one text.</summary>
    public int[]? TypeIds { get; init; }

    /// <summary>Its class; the first and last token of its span; a class for each token. -100 does not count.</summary>
    public long[] Labels { get; init; } = [];

    /// <summary>Numbers in place of classes; null: none.</summary>
    public float[]? Targets { get; init; }

    /// <summary>The row that it is compared with, such as that of the answer which is not preferred; null: it stands alone.</summary>
    public TaskRow? Other { get; init; }

    /// <summary>Tokens of both.</summary>
    public int Length => Ids.Length + (Other?.Ids.Length ?? 0);

    /// <summary>What each token stands for: characters of the text that is searched, or a word; (-1, -1): nothing that is told of. Null: only the whole row is.</summary>
    public (int Start, int End)[]? Places { get; init; }
}

/// <summary>Rows as a batch, no longer than the longest of them.</summary>
public static class TaskRows
{
    private const long Ignored = -100;

    /// <param name="rows">All with labels of the same kind. Rows that they are compared with come after them all, in the same order.</param>
    /// <param name="pad">Fills up shorter rows.</param>
    /// <param name="perToken">Whether labels are of tokens.</param>
    public static TokenBatch Batch(IReadOnlyList<TaskRow> rows, int pad, bool perToken)
    {
        if (rows.Any(row => row.Other is not null)) rows = [.. rows, .. rows.Select(row => row.Other!)];
        var length = rows.Max(row => row.Ids.Length);
        var (ids, mask) = (new long[rows.Count * length], new long[rows.Count * length]);
        var types = rows.Any(row => row.TypeIds is not null) ? new long[rows.Count * length] : null;
        var labels = perToken ? new long[rows.Count * length] : [.. rows.SelectMany(row => row.Labels)];
        Array.Fill(ids, pad);
        if (perToken) Array.Fill(labels, Ignored);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            for (var t = 0; t < row.Ids.Length; t++)
            {
                ids[i * length + t] = row.Ids[t];
                mask[i * length + t] = 1;
                if (types is not null) types[i * length + t] = row.TypeIds?[t] ?? 0;
                if (perToken) labels[i * length + t] = row.Labels[t];
            }
        }
        var numbers = rows[0].Targets is null ? null : rows.SelectMany(row => row.Targets!).ToArray();
        return new TokenBatch(rows.Count, length)
        {
            InputIds = ids,
            AttentionMask = mask.Contains(0) ? mask : null,
            TokenTypeIds = types,
            Labels = labels,
            LabelsPerRow = perToken ? null : numbers is null ? rows[0].Labels.Length : rows[0].Targets!.Length,
            Targets = numbers,
        };
    }
}
