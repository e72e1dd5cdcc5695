using System.Globalization;
using System.Text;
using Loquat.Corpus.Collection.Records;

namespace Loquat.Corpus.Tables;

/// <summary>Parquet: a column of values or of lists; the parts of a group are columns of their own (`a.b`).</summary>
internal static class ParquetFileTable
{
    public static Table Read(string path, CancellationToken cancellation)
    {
        try
        {
            using var stream = File.OpenRead(path);
            using var table = new ParquetTable(stream);
            var places = new Dictionary<string, int>(StringComparer.Ordinal);
            var rows = new List<(object?[], string)>();
            foreach (var row in table.Rows())
            {
                cancellation.ThrowIfCancellationRequested();
                var cells = new SortedDictionary<int, object?>();
                foreach (var (name, value) in row) Add(cells, name, value);
                rows.Add(([.. Enumerable.Range(0, places.Count).Select(i => cells.GetValueOrDefault(i))], $"{path}, row {rows.Count + 1}"));
            }
            return new(path, [.. places.OrderBy(place => place.Value).Select(place => place.Key)], true, rows);

            void Add(SortedDictionary<int, object?> cells, string name, object? value)
            {
                if (value is List<KeyValuePair<string, object?>> group)
                {
                    foreach (var (part, inner) in group) Add(cells, $"{name}.{part}", inner);
                    return;
                }
                if (!places.TryGetValue(name, out var at)) places[name] = at = places.Count;
                cells[at] = value is List<object?> list ? list.Select(Text).ToArray() : value is null ? null : Text(value);
            }
        }
        catch (Exception error) when (error is not (LoquatException or OperationCanceledException or OutOfMemoryException))
        {
            throw new DataException($"{path}: cannot be read as Parquet: {error.Message}", error);
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        bool known => known ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
