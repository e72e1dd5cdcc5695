using System.Text;
using System.Text.RegularExpressions;
using Loquat.Corpus.Tables;
using Loquat.Text.Collection;

namespace Loquat.FineTuning.Examples;

/// <summary>Sentences of words with a tag each: CoNLL (a word a line, its tag in the last column, an empty line between sentences), or rows with lists of words and tags.</summary>
public static partial class TaggedFile
{
    private const string Boundary = "-DOCSTART-";

    private static readonly string[] _words = ["tokens", "words", "text", "sentence"], _tags = ["tags", "ner_tags", "labels", "pos_tags", "chunk_tags", "label", "tag"];

    /// <param name="words">The column of the words; null: found by its name.</param>
    /// <param name="tags">The column of the tags; null: found by its name.</param>
    /// <param name="labeled">Whether there must be tags.</param>
    /// <exception cref="DataException">The file is missing or damaged, or a sentence has not as many tags as words.</exception>
    public static IReadOnlyList<Example> Read(string path, string? words, string? tags, bool labeled, CancellationToken cancellation = default)
    {
        if (!File.Exists(path)) throw new DataException($"{path}: there is no such file. Give CoNLL (.conll, .bio, .iob, .txt), or lists of words and tags ({TableFile.Kinds}).");
        var examples = Path.GetExtension(path).ToLowerInvariant() is ".csv" or ".tsv" or ".jsonl" or ".ndjson" or ".json" or ".parquet" ? Rows(path, words, tags, labeled, cancellation) : Lines(path, labeled);
        return examples.Count > 0 ? examples : throw new DataException($"{path}: there are no sentences in it.");
    }

    /// <summary>The words of a text that has not been cut yet: runs of letters and digits, and every other character that is no space.</summary>
    public static IReadOnlyList<string> Words(string text) => [.. Word().Matches(text).Select(match => match.Value)];

    private static List<Example> Lines(string path, bool labeled)
    {
        using var reader = new StreamReader(new CheckedUtf8Stream(File.OpenRead(path), path), new UTF8Encoding(false));
        var examples = new List<Example>();
        var (words, tags, line, first, columns) = (new List<string>(), new List<string>(), 0, 0, 0);
        while (true)
        {
            var text = reader.ReadLine();
            line++;
            string[] fields = text is null ? [] : text.Contains('\t') ? text.Split('\t', StringSplitOptions.TrimEntries) : text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (fields.Length == 0 || fields[0].Length == 0 || fields[0] == Boundary)
            {
                if (words.Count > 0) examples.Add(new() { Text = string.Join(' ', words), Words = words.ToArray(), Tags = labeled ? tags.ToArray() : null, Place = $"{path}, line {first}" });
                words.Clear();
                tags.Clear();
                if (text is null) return examples;
                continue;
            }
            if (!labeled && fields.Length == 1 && text!.Contains(' ')) fields = [text];
            if (columns == 0) columns = fields.Length;
            if (labeled && fields.Length < 2) throw new DataException($"{path}, line {line}: '{text}' has no tag. A line is a word and, in the last column, its tag; an empty line ends a sentence.");
            if (labeled && fields.Length != columns) throw new DataException($"{path}, line {line}: {fields.Length} columns, the lines before have {columns}.");
            if (words.Count == 0) first = line;
            words.Add(fields[0]);
            tags.Add(fields[^1]);
        }
    }

    private static List<Example> Rows(string path, string? words, string? tags, bool labeled, CancellationToken cancellation)
    {
        var table = TableFile.Read(path, cancellation);
        var (wordsAt, tagsAt) = (Column(table, words, _words, "the words"), labeled ? Column(table, tags, _tags, "the tags") : -1);
        var examples = new List<Example>();
        for (var row = 0; row < table.Count; row++)
        {
            // In a table without lists both are texts with spaces.
            var of = List(table, row, wordsAt);
            var told = tagsAt < 0 ? null : List(table, row, tagsAt);
            if (told is not null && told.Count != of.Count) throw new DataException($"{table.Place(row)}: {of.Count} words have {told.Count} tags; there must be one a word.");
            if (of.Count > 0) examples.Add(new() { Text = string.Join(' ', of), Words = of, Tags = told, Place = table.Place(row) });
        }
        return examples;
    }

    private static IReadOnlyList<string> List(Table table, int row, int column) =>
        table.List(row, column) ?? (table.Text(row, column) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static int Column(Table table, string? asked, string[] known, string what)
    {
        foreach (var name in asked is null ? known : [asked])
            if (table.Find(name) is >= 0 and var at) return at;
        throw new DataException($"{table.Path}: no column holds {what}{(asked is null ? "" : $" under the name '{asked}'")}; there are {string.Join(", ", table.Columns)}. Name it: objective.words and objective.tags.");
    }

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}_]+|[^\s]")]
    private static partial Regex Word();
}
