using Loquat.Corpus.Tables;
using Loquat.Recipes;
using Loquat.Text.Datasets;

namespace Loquat.FineTuning.Examples;

/// <summary>Examples of tables: a text, or two, and a label in a row.</summary>
/// <param name="text">Columns of the text; empty: found.</param>
/// <param name="pair">Column of the second text; null: found.</param>
/// <param name="label">Column of the label; null: found.</param>
public sealed class TableExamples(IReadOnlyList<string> text, string? pair, string? label)
{
    private const int FewestForTest = 20;

    private static readonly char[] _between = [';', '|', ','];

    /// <summary>Whether a row may have any number of labels: a list, or names with ; or | or , between.</summary>
    public bool SeveralLabels { get; init; }

    /// <summary>The parts that a recipe names. What it does not name is taken from the training examples: `validation_fraction` of them each.</summary>
    public ExampleSets Read(DataRecipe data, ulong seed, Func<Example, string?> stratum, CancellationToken cancellation)
    {
        var facts = new List<(string, string)>();
        IReadOnlyList<Example> train = File(data.Path!, out var columns, labeled: true, cancellation);
        facts.Add(("columns", columns.Reason));
        var (validation, test) = (Part(data.ValidationPath), Part(data.TestPath));
        var whole = train.Count;
        string? taken = null;
        if (test is null && train.Count >= FewestForTest)
        {
            (train, test) = ExampleSplit.Take(train, data.ValidationFraction, seed, stratum);
            taken = "test";
        }
        if (validation is null)
        {
            (train, validation) = ExampleSplit.Take(train, data.ValidationFraction, seed + 1, stratum);
            taken = taken is null ? "validation" : "validation and test";
        }
        if (validation.Count == 0) throw new DataException($"{data.Path}: {whole} examples are too few to keep some for validation. Give more, or name a file: data.validation_path.");
        if (test is null) facts.Add(("", "too few examples for a test of their own: the figures are of the validation examples"));
        facts.Add(("examples", $"{train.Count:N0} to learn from, {validation.Count:N0} to validate with, {(test ?? validation).Count:N0} to test on" +
            (taken is null ? "" : $" ({taken}: {data.ValidationFraction:0.##%} of each class, by a hash of the text; equal texts stay together)")));
        var key = string.Join(':', new[] { data.Path, data.ValidationPath, data.TestPath }.Select(path => path is null ? "-" : $"{FileHash.Of(path):x16}").Append($"{data.ValidationFraction:R}").Append($"{seed}"));
        return new(train, validation, test ?? validation, $"examples:{key}", facts);

        IReadOnlyList<Example>? Part(string? path) => path is null ? null : File(path, out _, labeled: true, cancellation);
    }

    /// <summary>The texts of a file: of a table, or of plain text a line each.</summary>
    public IReadOnlyList<Example> ReadUnlabeled(string path, CancellationToken cancellation) => Path.GetExtension(path).ToLowerInvariant() is ".txt" or ""
        ? [.. System.IO.File.ReadLines(path).Select((line, i) => new Example { Text = line, Place = $"{path}, line {i + 1}" })]
        : File(path, out _, labeled: false, cancellation);

    private List<Example> File(string path, out ExampleColumns columns, bool labeled, CancellationToken cancellation)
    {
        var table = TableFile.Read(path, cancellation);
        var found = columns = ExampleColumns.Find(table, text, pair, label, labeled);
        var examples = new List<Example>(table.Count);
        for (var row = 0; row < table.Count; row++)
        {
            var name = found.Label is { } at ? table.Text(row, at)?.Trim() : null;
            if (labeled && !SeveralLabels && string.IsNullOrEmpty(name)) throw new DataException($"{table.Place(row)}: the label is empty. Give it one, or take the row out.");
            examples.Add(new() { Text = found.TextOf(table, row), Pair = found.Pair is { } second ? table.Text(row, second) ?? "" : null, Label = name, Labels = Several(table, row, found.Label), Place = table.Place(row) });
        }
        return examples;
    }

    private IReadOnlyList<string>? Several(Table table, int row, int? column)
    {
        if (!SeveralLabels || column is not { } at) return null;
        var names = table.List(row, at) ?? (table.Text(row, at) ?? "").Split(_between);
        return [.. names.Select(name => name.Trim()).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
    }
}
