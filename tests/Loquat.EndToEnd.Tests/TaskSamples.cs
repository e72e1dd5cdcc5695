using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>Small files of examples that each task can learn something from.</summary>
internal static class TaskSamples
{
    private static readonly string[] _good = ["fine", "lovely", "warm", "clever"], _bad = ["dull", "flat", "cold", "clumsy"];

    /// <returns>The file's path.</returns>
    public static string Write(TemporaryFolder folder, string task)
    {
        var (ending, text) = task switch
        {
            "classification" => ("csv", "text,label\n" + Lines(i => $"\"{Text(i)}\",{(i % 2 == 0 ? "good film 😀" : "bad")}")),
            "regression" => ("csv", "sentence1,sentence2,score\n" + Lines(i => $"\"{Text(i)}\",\"{Text(i + i % 5)}\",{i % 5}")),
            "multi_label" => ("jsonl", Lines(i => JsonSerializer.Serialize(new { text = Text(i), labels = (string[])[i % 2 == 0 ? "good" : "bad", .. i % 3 == 0 ? (string[])["music"] : []] }))),
            "token_classification" => ("conll", "-DOCSTART- O\n\n" + Lines(i => $"Anna{i % 7} B-PER\nSmith I-PER\nsaw O\nParis{i % 5} B-LOC\n. O\n")),
            "question_answering" => ("json", JsonSerializer.Serialize(new
            {
                version = "1.1",
                data = (object[])[new { title = "films", paragraphs = Enumerable.Range(0, 40).Select(i => new { context = Context(i), qas = (object[])[new { id = $"q{i}", question = "Who made it?", answers = (object[])[new { text = $"Anna{i}", answer_start = Context(i).IndexOf("Anna", StringComparison.Ordinal) }] }] }) }],
            })),
            "reward" => ("jsonl", Lines(i => JsonSerializer.Serialize(new { prompt = $"Is film {i} any good?", chosen = $"It is {_good[i % 4]}.", rejected = $"It is {_bad[i / 2 % 4]}." }))),
            _ => throw new NotSupportedException($"there are no samples of the task {task}; write some here."),
        };
        var path = folder.File($"{task}.{ending}");
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Conversations of a few words, or pairs of answers.</summary>
    /// <returns>The file's path.</returns>
    public static string Conversations(TemporaryFolder folder, bool preferences)
    {
        var path = folder.File(preferences ? "preferences.jsonl" : "conversations.jsonl");
        File.WriteAllText(path, Lines(i => preferences
            ? JsonSerializer.Serialize(new { prompt = $"Is film {i} any good?", chosen = Text(i), rejected = $"I will not say {i % 7}." })
            : JsonSerializer.Serialize(new { instruction = $"Is film {i} any good?", input = i % 3 == 0 ? "In a word." : "", output = Text(i) })));
        return path;
    }

    private static string Lines(Func<int, string> line) => string.Concat(Enumerable.Range(0, 80).Select(i => line(i) + "\n"));

    private static string Context(int i) => $"Film {i} was long. {string.Concat(Enumerable.Repeat("It went on and on. ", i % 9))}It was made by Anna{i} in a town of the north.";

    private static string Text(int i) => $"film {i} is {(i % 2 == 0 ? _good : _bad)[i / 2 % 4]}, and so is its {(i % 3 == 0 ? "music" : "end")}{string.Concat(Enumerable.Repeat(" again", i % 7))}";
}
