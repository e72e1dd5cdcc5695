using Loquat.Cli.Display;
using Loquat.Layers;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Tasks;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat evaluate MODEL --tasks …`: one or more models asked the same questions.</summary>
internal static class TaskEvaluation
{
    /// <param name="models">Folders of runs or models.</param>
    /// <param name="tasks">Names or files.</param>
    public static void Run(IReadOnlyList<string> models, IReadOnlyList<string> tasks, TaskOptions options, string checkpoint, string? report, bool json, CancellationToken cancellation)
    {
        if (report is not null) TaskReport.FormatOf(report);
        // Every task is read before any model is: a fault in the last would come late.
        var definitions = tasks.Select(TaskFile.Load).ToList();
        if (definitions.GroupBy(d => d.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new OptionsException($"--tasks has two tasks named '{twice.Key}'; give each a name of its own.");
        if (models.Distinct().Count() < models.Count) throw new OptionsException("a model is named twice; it does not differ from itself.");
        var screen = new Screen(TimeProvider.System);
        var results = models.Select(model => Results(model, definitions, models.Count > 1, options, checkpoint, screen, cancellation)).ToList();
        List<ModelComparison> differences = [.. results.Skip(1).SelectMany(other => results[0].Zip(other, ModelComparison.Of))];
        var whole = new TaskReport([.. definitions.SelectMany((_, i) => results.Select(r => r[i]))], [.. differences.Select((c, i) => (models[1 + i / definitions.Count], c))]);
        if (report is not null) whole.Write(report);
        if (json)
        {
            Console.Out.WriteLine(whole.ToJson().ToJsonString());
            return;
        }
        foreach (var line in TaskTable.Lines(whole.Results)) Console.Out.WriteLine(line);
        for (var other = 1; other < results.Count; other++)
        {
            Console.Out.WriteLine();
            foreach (var line in TaskTable.Lines([.. differences.Skip((other - 1) * definitions.Count).Take(definitions.Count)], models[0], models[other])) Console.Out.WriteLine(line);
        }
    }

    private static List<TaskResult> Results(string path, IReadOnlyList<TaskDefinition> tasks, bool several, TaskOptions options, string checkpoint, Screen screen, CancellationToken cancellation)
    {
        if (path.StartsWith("http://", StringComparison.Ordinal) || path.StartsWith("https://", StringComparison.Ordinal))
        {
            using var server = new ServerTaskModel(path, key: Environment.GetEnvironmentVariable("OPENAI_API_KEY"));
            return Run(server, path, tasks, several, options, screen, cancellation);
        }
        var folder = checkpoint == "last" && Directory.Exists(new RunFolder(path).Last) ? new RunFolder(path).Last : RunFolder.ModelOf(path);
        using var model = TaskModelFolder.Load(folder, Placement.Of(), path, cancellation);
        return Run(model.Model, path, tasks, several, options, screen, cancellation);
    }

    private static List<TaskResult> Run(ITaskModel model, string path, IReadOnlyList<TaskDefinition> tasks, bool several, TaskOptions options, Screen screen, CancellationToken cancellation)
    {
        // Logs of several models lie apart.
        if (several && options.Log is { } log) options = options with { Log = Path.Combine(log, string.Concat(Path.GetFileName(Path.TrimEndingDirectorySeparator(path == "." ? Path.GetFullPath(path) : path)).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'))) };
        var results = new List<TaskResult>();
        foreach (var task in tasks)
        {
            results.Add(TaskRunner.Run(model, task, options, (done, all) => screen.Stages.Report(new(task.Name, done, all, "documents")), cancellation));
            screen.Stages.End();
        }
        return results;
    }
}
