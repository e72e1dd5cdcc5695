namespace Loquat.Corpus.Shards;

/// <summary>How documents are kept in files.</summary>
public enum ShardFormat
{
    /// <summary>A JSON object a line, compressed with Zstandard: `.jsonl.zst`.</summary>
    JsonLinesZstandard,

    /// <summary>A JSON object a line: `.jsonl`.</summary>
    JsonLines,

    /// <summary>Apache Parquet, a column for each field, compressed with Zstandard: `.parquet`.</summary>
    Parquet,
}

/// <summary>Names of shards.</summary>
public static class ShardFormats
{
    /// <summary>The end of a shard's name, with its dot.</summary>
    public static string Extension(this ShardFormat format) => format switch
    {
        ShardFormat.JsonLinesZstandard => ".jsonl.zst",
        ShardFormat.JsonLines => ".jsonl",
        ShardFormat.Parquet => ".parquet",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>The format that a file's name ends with; null where it ends otherwise.</summary>
    public static ShardFormat? Of(string path)
    {
        foreach (var format in (ShardFormat[])[ShardFormat.JsonLinesZstandard, ShardFormat.JsonLines, ShardFormat.Parquet])
            if (path.EndsWith(format.Extension(), StringComparison.OrdinalIgnoreCase)) return format;
        return null;
    }
}
