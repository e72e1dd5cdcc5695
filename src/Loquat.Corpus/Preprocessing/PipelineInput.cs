using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;

namespace Loquat.Corpus.Preprocessing;

/// <summary>The documents that a pipeline reads.</summary>
internal static class PipelineInput
{
    /// <summary>The files that paths name, in order: shards and text files of folders by their names.</summary>
    /// <exception cref="DataException">A path is not there, or holds nothing to read.</exception>
    public static IReadOnlyList<string> Find(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0) throw new OptionsException("preprocessing needs inputs: files of documents (.jsonl, .jsonl.zst, .parquet) or text, or folders of them.");
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (File.Exists(path)) files.Add(path);
            else if (!Directory.Exists(path)) throw new DataException($"{path}: there is no such file or folder.");
            else if (Directory.EnumerateFiles(path, "documents-*").Any()) files.AddRange(DocumentShards.Find(path));
            else
            {
                var found = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(f => ShardFormats.Of(f) is not null || IsText(f)).Order(StringComparer.Ordinal).ToList();
                if (found.Count == 0) throw new DataException($"{path}: the folder holds no documents: no .jsonl, .jsonl.zst, .parquet, .txt or .md. Other formats are read by `loquat collect`.");
                files.AddRange(found);
            }
        }
        return files;
    }

    public static IEnumerable<Document> Read(string file)
    {
        if (ShardFormats.Of(file) is not null) return DocumentShards.Read(file);
        if (!IsText(file)) throw new DataException($"{file}: is no .jsonl, .jsonl.zst, .parquet, .txt or .md. Other formats are read by `loquat collect`, whose folder preprocessing takes.");
        return [new Document { Id = file.Replace('\\', '/'), Source = file.Replace('\\', '/'), Text = ReadText(file) }];
    }

    /// <summary>Names the work: what is read, as it is now, and what is done with it.</summary>
    public static string Fingerprint(IReadOnlyList<string> files, IReadOnlyList<StepSettings> steps, ShardFormat format, long shardCharacters)
    {
        var text = new StringBuilder("1\n");
        foreach (var file in files.Concat(steps.SelectMany(s => s.Values).Where(v => v.Key is "file" or "model").Select(v => v.Value)))
        {
            var info = new FileInfo(file);
            text.Append(CultureInfo.InvariantCulture, $"{file}\t{(info.Exists ? info.Length : -1)}\t{(info.Exists ? info.LastWriteTimeUtc.Ticks : 0)}\n");
        }
        foreach (var step in steps) text.Append(step).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{format} {shardCharacters}");
        return Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static bool IsText(string file) => Path.GetExtension(file).ToLowerInvariant() is ".txt" or ".md" or ".text";

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException error)
        {
            throw new DataException($"{file}: is not UTF-8. `loquat collect` finds out the encoding.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file}: cannot be read: {error.Message}", error);
        }
    }
}
