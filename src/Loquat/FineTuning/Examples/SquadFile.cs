using System.Text.Json;
using Loquat.Corpus.Tables;

namespace Loquat.FineTuning.Examples;

/// <summary>An answer in its text.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Start">Where it begins, in characters of the text.</param>
public sealed record AnswerSpan(string Text, int Start);

/// <summary>Questions on texts: the layout of SQuAD 1.1 and 2.0, or a row each with `question`, `context` and perhaps `answers.text` and `answers.answer_start`.</summary>
public static class SquadFile
{
    private static readonly JsonDocumentOptions _options = new() { AllowTrailingCommas = true };

    /// <returns>The question is the example's text, the context its pair. No answers: there is none in the context, or none is known.</returns>
    /// <exception cref="DataException">The file is missing or damaged, a question is twice there, or an answer does not stand in its context.</exception>
    public static IReadOnlyList<Example> Read(string path, CancellationToken cancellation = default)
    {
        if (!File.Exists(path)) throw new DataException($"{path}: there is no such file. Give the layout of SQuAD (.json), or rows with question, context and answers ({TableFile.Kinds}).");
        var examples = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) && Nested(path) is { } nested ? nested : Rows(path, cancellation);
        var twice = examples.Where(example => example.Id is not null).GroupBy(example => example.Id).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new DataException($"{path}: two questions have the id '{twice.Key}': {twice.First().Place} and {twice.ElementAt(1).Place}. Take one of them out.");
        return examples.Count > 0 ? examples : throw new DataException($"{path}: there are no questions in it.");
    }

    private static List<Example>? Nested(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path), _options);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) return null;
            var examples = new List<Example>();
            foreach (var article in data.EnumerateArray())
            {
                if (!article.TryGetProperty("paragraphs", out var paragraphs)) return null;
                foreach (var paragraph in paragraphs.EnumerateArray())
                {
                    var context = paragraph.GetProperty("context").GetString()!;
                    foreach (var question in paragraph.GetProperty("qas").EnumerateArray())
                    {
                        var id = question.TryGetProperty("id", out var named) ? named.ToString() : null;
                        var place = $"{path}, question {id ?? $"{examples.Count + 1}"}";
                        var answers = question.TryGetProperty("answers", out var given) ? given.EnumerateArray().Select(answer => Placed(answer.GetProperty("text").GetString()!, answer.GetProperty("answer_start").GetInt32(), context, place)) : [];
                        examples.Add(new() { Text = question.GetProperty("question").GetString()!.Trim(), Pair = context, Id = id, Answers = [.. answers.Distinct()], Place = place });
                    }
                }
            }
            return examples;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DataException($"{path}: not the layout of SQuAD (data, paragraphs, context, qas, question, answers, text, answer_start): {error.Message}", error);
        }
    }

    private static List<Example> Rows(string path, CancellationToken cancellation)
    {
        var table = TableFile.Read(path, cancellation);
        var (question, context, id, texts, starts) = (table.Find("question"), table.Find("context"), table.Find("id"), table.Find("answers.text"), table.Find("answers.answer_start"));
        if (question < 0 || context < 0) throw new DataException($"{path}: questions need the columns question and context; there are {string.Join(", ", table.Columns)}.");
        var examples = new List<Example>();
        for (var row = 0; row < table.Count; row++)
        {
            var (text, place) = (table.Text(row, context) ?? "", table.Place(row));
            var answers = new List<AnswerSpan>();
            if (texts >= 0 && starts >= 0 && table.List(row, texts) is { } given && table.List(row, starts) is { } places)
            {
                for (var i = 0; i < Math.Min(given.Count, places.Count); i++)
                    answers.Add(Placed(given[i], NumberText.TryParse<int>(places[i], out var start) ? start : throw new DataException($"{place}: answer_start is '{places[i]}'; it must be a whole number."), text, place));
            }
            examples.Add(new() { Text = (table.Text(row, question) ?? "").Trim(), Pair = text, Id = id < 0 ? null : table.Text(row, id), Answers = [.. answers.Distinct()], Place = place });
        }
        return examples;
    }

    /// <summary>Places in files count code points; in a string of .NET a character may take two.</summary>
    private static AnswerSpan Placed(string answer, int start, string context, string place)
    {
        var at = Math.Clamp(start, 0, context.Length);
        if (context.AsSpan().ContainsAnyInRange('\uD800', '\uDBFF'))
        {
            var runes = 0;
            for (at = 0; at < context.Length && runes < start; runes++) at += char.IsHighSurrogate(context[at]) ? 2 : 1;
        }
        if (string.CompareOrdinal(context, at, answer, 0, answer.Length) == 0) return new(answer, at);
        // Off by a space or two, as some files are; anything else is a mistake.
        for (var shift = 1; shift <= 3; shift++)
            foreach (var near in (int[])[at - shift, at + shift])
                if (near >= 0 && string.CompareOrdinal(context, near, answer, 0, answer.Length) == 0) return new(answer, near);
        throw new DataException($"{place}: the answer '{answer}' does not stand at {start} of its context.");
    }
}
