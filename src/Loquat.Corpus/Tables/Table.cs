namespace Loquat.Corpus.Tables;

/// <summary>Rows of named columns, as a file of examples holds them. A cell is a text, a list of texts, or empty.</summary>
public sealed class Table
{
    private readonly List<(object?[] Cells, string Place)> _rows;

    internal Table(string path, IReadOnlyList<string> columns, bool named, List<(object?[] Cells, string Place)> rows) => (Path, Columns, IsNamed, _rows) = (path, columns, named, rows);

    /// <summary>The file, for errors.</summary>
    public string Path { get; }

    /// <summary>Their names; "1", "2" and so on where the file names none.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Whether the file names its columns.</summary>
    public bool IsNamed { get; }

    /// <summary>Rows.</summary>
    public int Count => _rows.Count;

    /// <summary>Where a row stands: "train.csv, line 12".</summary>
    public string Place(int row) => _rows[row].Place;

    /// <summary>The text of a cell, that of a list joined by spaces; null where it is empty.</summary>
    public string? Text(int row, int column) => Cell(row, column) switch
    {
        string text => text,
        string[] list => string.Join(' ', list),
        _ => null,
    };

    /// <summary>The list of a cell; null where it holds none.</summary>
    public IReadOnlyList<string>? List(int row, int column) => Cell(row, column) as string[];

    /// <summary>The number of a column; letters' case does not count where no other column has the name.</summary>
    /// <returns>-1 where there is none.</returns>
    public int Find(string name)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i] == name) return i;
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i].Equals(name, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    // Later rows of JSON may bring columns that earlier ones lack.
    private object? Cell(int row, int column) => column < _rows[row].Cells.Length ? _rows[row].Cells[column] : null;
}
