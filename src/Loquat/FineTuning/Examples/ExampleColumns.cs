using Loquat.Corpus.Tables;

namespace Loquat.FineTuning.Examples;

/// <summary>Which columns of a table hold the text, its pair and the label: those that are named, else those called as data sets call them, else by what they hold.</summary>
/// <param name="Text">Joined by spaces where there are several.</param>
/// <param name="Pair">Null: texts stand alone.</param>
/// <param name="Label">Null: none is there.</param>
public sealed record ExampleColumns(IReadOnlyList<int> Text, int? Pair, int? Label)
{
    private const int FewestRowsPerLabel = 2;

    private static readonly string[] _text = ["text", "sentence", "sentence1", "premise", "question1", "text1", "content", "review", "review_text", "review_body", "body", "comment", "tweet", "message", "document", "article", "utterance", "query", "question", "input", "description"];
    private static readonly string[] _pair = ["text_pair", "sentence2", "hypothesis", "question2", "text2", "pair"];
    private static readonly string[] _label = ["label", "labels", "class", "category", "sentiment", "target", "topic", "intent", "polarity", "gold_label", "label_text", "tag", "rating", "stars", "score", "y"];

    /// <summary>How they were found, as a sentence.</summary>
    public string Reason { get; private init; } = "";

    /// <param name="text">Asked for; empty: to be found.</param>
    /// <param name="pair">Asked for; null: to be found by its name.</param>
    /// <param name="label">Asked for; null: to be found.</param>
    /// <param name="labeled">Whether there must be a label.</param>
    /// <exception cref="DataException">A column that was asked for is not there, or none is fit.</exception>
    public static ExampleColumns Find(Table table, IReadOnlyList<string> text, string? pair, string? label, bool labeled)
    {
        var used = new HashSet<int>();
        // Those that were asked for are taken before any is guessed.
        int[] textAt = [.. text.Select(name => Named(table, name, used))];
        int? pairAt = pair is null ? null : Named(table, pair, used);
        int? labelAt = label is null ? null : labeled || table.Find(label) >= 0 ? Named(table, label, used) : null;
        if (labelAt is null && label is null) labelAt = Known(table, _label, used);
        var known = textAt.Length > 0 ? textAt[0] : Known(table, _text, used);
        if (pairAt is null && text.Count <= 1) pairAt = Known(table, _pair, used);
        if (labelAt is null && label is null && !table.IsNamed && table.Columns.Count > 1) labelAt = FewestValues(table, used, known);
        if (textAt.Length == 0) textAt = [known ?? Longest(table, used)];
        if (labeled && labelAt is null)
        {
            throw new DataException($"{table.Path}: no column looks like a label; there are {string.Join(", ", table.Columns)}. " +
                $"{(table.Columns.Count == 1 ? "Every row needs a text and a label." : "Name it: --label COLUMN, or objective.label of a recipe.")}");
        }
        return new(textAt, pairAt, labelAt) { Reason = Told(table, textAt, pairAt, labelAt, text.Count > 0 || pair is not null || label is not null) };
    }

    /// <summary>The text of a row.</summary>
    public string TextOf(Table table, int row) => Text.Count == 1 ? table.Text(row, Text[0]) ?? "" : string.Join(' ', Text.Select(column => table.Text(row, column)).Where(part => !string.IsNullOrEmpty(part)));

    private static int Named(Table table, string name, HashSet<int> used)
    {
        var at = table.Find(name);
        if (at < 0)
        {
            throw new DataException($"{table.Path}: there is no column '{name}'; there are {string.Join(", ", table.Columns)}{(table.IsNamed ? "" : " (the file names none, so they are counted)")}." +
                (NearestName.Find(name, table.Columns) is { } near && table.IsNamed ? $" Did you mean '{near}'?" : ""));
        }
        if (!used.Add(at)) throw new DataException($"{table.Path}: the column '{name}' is asked for twice.");
        return at;
    }

    private static int? Known(Table table, string[] names, HashSet<int> used)
    {
        if (!table.IsNamed) return null;
        foreach (var name in names)
            if (table.Find(name) is >= 0 and var at && used.Add(at)) return at;
        return null;
    }

    /// <summary>The column with the fewest different values that still come again.</summary>
    private static int? FewestValues(Table table, HashSet<int> used, int? text)
    {
        var counts = Free(table, used).Where(column => column != text)
            .Select(column => (column, count: Enumerable.Range(0, table.Count).Select(row => table.Text(row, column)).Distinct().Count()))
            .Where(found => found.count * FewestRowsPerLabel <= table.Count).OrderBy(found => found.count).ThenByDescending(found => found.column).ToList();
        if (counts.Count == 0) return null;
        used.Add(counts[0].column);
        return counts[0].column;
    }

    private static int Longest(Table table, HashSet<int> used)
    {
        var free = Free(table, used).ToList();
        if (free.Count == 0) throw new DataException($"{table.Path}: no column is left for the text; there are {string.Join(", ", table.Columns)}.");
        var longest = free.MaxBy(column => Enumerable.Range(0, table.Count).Sum(row => (long)(table.Text(row, column)?.Length ?? 0)));
        used.Add(longest);
        return longest;
    }

    private static IEnumerable<int> Free(Table table, HashSet<int> used) => Enumerable.Range(0, table.Columns.Count).Where(column => !used.Contains(column));

    private static string Told(Table table, int[] text, int? pair, int? label, bool asked)
    {
        var names = $"text: {string.Join(" + ", text.Select(column => Name(table, column)))}{(pair is { } second ? $"; second text: {Name(table, second)}" : "")}{(label is { } third ? $"; label: {Name(table, third)}" : "")}";
        return $"{names} ({(asked ? "as asked for" : table.IsNamed ? "by their names" : "by what they hold: the longest texts, the fewest different values")})";
    }

    private static string Name(Table table, int column) => table.IsNamed ? $"'{table.Columns[column]}'" : $"column {table.Columns[column]}";
}
