using System.Text;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Tables;

/// <summary>Reads tables whole: CSV, TSV and the like, JSON, JSON Lines, Parquet. By the name's ending, and where that says nothing by what the file holds.</summary>
public static class TableFile
{
    /// <summary>What it reads, for messages.</summary>
    public const string Kinds = "CSV or TSV (.csv, .tsv), JSON Lines (.jsonl), a JSON list (.json), Parquet (.parquet)";

    /// <param name="path">A file.</param>
    /// <exception cref="DataException">It is missing, damaged, empty, or has rows that do not fit its columns; the message tells the line.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two rows.</exception>
    public static Table Read(string path, CancellationToken cancellation = default)
    {
        if (!File.Exists(path)) throw new DataException($"{path}: there is no such file. Give {Kinds}.");
        var table = System.IO.Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".parquet" => ParquetFileTable.Read(path, cancellation),
            ".jsonl" or ".ndjson" or ".json" => JsonTable.Read(path, ReadText(path), cancellation),
            _ => DelimitedTable.Read(path, ReadText(path), cancellation),
        };
        return table.Count > 0 ? table : throw new DataException($"{path}: there are no rows in it.");
    }

    private static string ReadText(string path)
    {
        try
        {
            using var reader = new StreamReader(new CheckedUtf8Stream(File.OpenRead(path), path), new UTF8Encoding(false));
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
