namespace Loquat.EndToEnd.Tests;

/// <summary>Small files of examples that any task can learn something from.</summary>
internal static class TaskSamples
{
    private static readonly string[] _good = ["fine", "lovely", "warm", "clever"], _bad = ["dull", "flat", "cold", "clumsy"];

    /// <returns>The file's path.</returns>
    public static string Write(TemporaryFolder folder, string task)
    {
        var path = folder.File($"{task}.csv");
        File.WriteAllText(path, "text,label\n" + string.Concat(Enumerable.Range(0, 80).Select(i => $"\"{Text(i)}\",{(i % 2 == 0 ? "good film 😀" : "bad")}\n")));
        return path;
    }

    private static string Text(int i) => $"film {i} is {(i % 2 == 0 ? _good : _bad)[i / 2 % 4]}, and so is its {(i % 3 == 0 ? "music" : "end")}{string.Concat(Enumerable.Repeat(" again", i % 7))}";
}
