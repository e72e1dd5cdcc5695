using System.Text.Json;
using Loquat.Corpus.Preprocessing.Decontamination;

namespace Loquat.Corpus.Preprocessing.Steps;

/// <summary>Drops documents that share words with an evaluation set.</summary>
internal static class EvaluationSteps
{
    public static DocumentStep Create(string name, string file, string n)
    {
        var items = Read(file);
        var set = n == "gpt3" ? EvaluationSet.Gpt3(items)
            : int.TryParse(n, null, out var size) && size is >= 1 and <= 100 ? EvaluationSet.OfSize(items, size)
            : throw new OptionsException($"step {name}: n is '{n}'; it must be a number from 1 to 100, or gpt3.");
        return new(name, document => set.First(document.Text) is { } overlap ? StepResult.Drop($"contaminated: {overlap.Ngram}") : StepResult.Keep(document));
    }

    private static List<EvaluationItem> Read(string file)
    {
        var items = new List<EvaluationItem>();
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.Trim().Length == 0) continue;
                using var json = JsonDocument.Parse(line);
                items.Add(new(items.Count, json.RootElement.TryGetProperty("set", out var set) ? set.GetString()! : "", json.RootElement.GetProperty("text").GetString()!));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataException($"{file}: cannot be read as an evaluation set: {error.Message} Each line is a JSON object with a text, and a set where there are several.", error);
        }
        return items;
    }
}
