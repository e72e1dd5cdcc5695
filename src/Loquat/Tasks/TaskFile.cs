using System.Reflection;
using System.Text.RegularExpressions;
using Loquat.Corpus.Collection.Records;

namespace Loquat.Tasks;

/// <summary>Reads task files, and those that come with the program.</summary>
public static class TaskFile
{
    private const string Prefix = "task:";

    /// <summary>The names of the built-in tasks.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } = [.. typeof(TaskFile).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <summary>A built-in task by its name, or the task of a file.</summary>
    /// <exception cref="OptionsException">There is no such task, or the file has faults: all of them at once, each with its line.</exception>
    public static TaskDefinition Load(string name)
    {
        if (BuiltIn.Contains(name)) return Parse(ReadBuiltIn(name), name);
        if (!name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) && !name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase))
            throw new OptionsException($"there is no task '{name}'. {NearestName.Advice(name, BuiltIn)} A task of one's own is a file that ends in .yaml.");
        try
        {
            return Parse(File.ReadAllText(name), name) with { Folder = Path.GetDirectoryName(Path.GetFullPath(name)) };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OptionsException($"{name}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The text of a built-in task: a beginning for one's own.</summary>
    public static string ReadBuiltIn(string name)
    {
        using var stream = typeof(TaskFile).Assembly.GetManifestResourceStream(Prefix + name) ?? throw new OptionsException($"there is no built-in task '{name}'. {NearestName.Advice(name, BuiltIn)}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <param name="file">The file's name, for errors.</param>
    /// <exception cref="OptionsException">All faults at once.</exception>
    public static TaskDefinition Parse(string text, string file)
    {
        var fields = TaskFields.Parse(text, file);
        var kind = fields.Choice("kind", TaskKind.MultipleChoice, required: true);
        var task = new TaskDefinition
        {
            Name = fields.Text("name", required: true) ?? "",
            About = fields.Text("about") ?? "",
            Kind = kind,
            Data = [.. fields.Sections("data").Select(section => Source(section, file))],
            Description = fields.Text("description") ?? "",
            Prompt = Template(fields, "prompt", file),
            Prompts = Template(fields, "prompts", file),
            Choices = [.. fields.Texts("choices").Select(source => Template(fields, "choices", source, file)).OfType<TaskTemplate>()],
            Gold = Template(fields, "gold", file),
            Target = Template(fields, "target", file),
            Answers = Template(fields, "answers", file),
            Text = Template(fields, "text", file),
            Delimiter = fields.Text("delimiter") ?? " ",
            Category = Template(fields, "category", file),
            FewShot = FewShot(fields.Section("few_shot"), file),
            Generation = Generation(fields.Section("generation")),
            Extract = [.. fields.NamedSections("extract").Select(Extraction) is var named && named.Any() ? named : [new AnswerExtraction("")]],
            Ignore = fields.Texts("ignore"),
            IgnoreCase = fields.Flag("ignore_case"),
            IgnorePunctuation = fields.Flag("ignore_punctuation"),
            Metrics = fields.Texts("metrics") is { Count: > 0 } metrics ? metrics : TaskMetrics.Usual(kind),
            Caveat = fields.Text("caveat"),
            Source = text,
        };
        fields.RefuseUnknown();
        Check(task, fields);
        fields.ThrowIfFaulty();
        return task;
    }

    private static void Check(TaskDefinition task, TaskFields fields)
    {
        if (task.Data.Count == 0) fields.Fault("data", "is missing: say where the records are, such as 'data: {path: questions.jsonl}'.");
        foreach (var metric in task.Metrics)
            if (!TaskMetrics.Known(task.Kind).Contains(metric)) fields.Fault("metrics", $"names '{metric}', which a {TaskMetrics.Name(task.Kind)} task does not have. {NearestName.Advice(metric, TaskMetrics.Known(task.Kind))}");
        foreach (var pattern in task.Ignore) CheckPattern(pattern, fields, "ignore");
        foreach (var (key, given, needed) in Uses(task))
        {
            if (needed && !given) fields.Fault(key, $"is missing; a {TaskMetrics.Name(task.Kind)} task needs it.");
            if (!needed && given && !IsOptional(task, key)) fields.Fault(key, $"has no effect in a {TaskMetrics.Name(task.Kind)} task{(task.Prompts is not null ? " with prompts" : "")}. Take it out.");
        }
        if (task.Generation is { Samples: > 1, Temperature: 0 }) fields.Fault("generation", "asks for several samples at temperature 0, which are all the same; give a temperature.");
    }

    private static IEnumerable<(string Key, bool Given, bool Needed)> Uses(TaskDefinition task)
    {
        var (choice, prompts) = (task.Kind == TaskKind.MultipleChoice, task.Kind == TaskKind.MultipleChoice && task.Prompts is not null);
        yield return ("prompt", task.Prompt is not null, task.Kind is TaskKind.Continuation or TaskKind.Generation || (choice && !prompts));
        yield return ("prompts", task.Prompts is not null, prompts);
        yield return ("choices", task.Choices.Count > 0, choice && !prompts);
        yield return ("gold", task.Gold is not null, choice);
        yield return ("target", task.Target is not null, task.Kind == TaskKind.Continuation || prompts);
        yield return ("answers", task.Answers is not null, task.Kind == TaskKind.Generation);
        yield return ("text", task.Text is not null, task.Kind == TaskKind.Perplexity);
    }

    private static bool IsOptional(TaskDefinition task, string key) => key == "target" && task.Kind == TaskKind.Generation;

    private static TaskSource Source(TaskFields fields, string file)
    {
        IReadOnlyDictionary<string, string> paths = fields.Text("path") is { } one ? new Dictionary<string, string> { ["text"] = one } : new Dictionary<string, string>();
        if (fields.Map("paths") is { Count: > 0 } several) paths = several;
        if (paths.Count == 0) fields.Fault("path", "is missing: the file below the data folder.");
        foreach (var path in paths.Values)
            if (!TaskData.StaysInside(path)) fields.Fault(fields.Has("path") ? "path" : "paths", $"is '{path}'; it must lie below the data folder: no drive, no leading slash, no '..'.");
        var source = new TaskSource
        {
            Paths = paths,
            Format = fields.Has("format") ? fields.Choice("format", RecordFormat.Jsonl) : null,
            Layout = fields.Choice("layout", TaskLayout.Records),
            Columns = fields.Texts("columns"),
            Fields = fields.Map("fields").ToDictionary(pair => pair.Key, pair => Template(fields, "fields", pair.Value, file) ?? new TaskTemplate("", pair.Key)),
            Where = Template(fields, "where", file),
        };
        fields.RefuseUnknown();
        return source;
    }

    private static FewShotOptions FewShot(TaskFields? fields, string file)
    {
        if (fields is null) return new();
        var options = new FewShotOptions
        {
            Count = fields.Whole("count", 0, 0, 1000),
            Data = [.. fields.Sections("data").Select(section => Source(section, file))],
            Seed = (ulong)fields.Whole("seed", 1234, 0, int.MaxValue),
            Separator = fields.Text("separator") ?? "\n\n",
        };
        fields.RefuseUnknown();
        return options;
    }

    private static TaskGeneration Generation(TaskFields? fields)
    {
        if (fields is null) return new();
        var generation = new TaskGeneration
        {
            MaxNewTokens = fields.Whole("max_new_tokens", 256, 1, 1_000_000),
            Stop = fields.Texts("stop"),
            Temperature = fields.Number("temperature", 0, 0, 100),
            TopP = fields.Number("top_p", 1, 0.0001, 1),
            Samples = fields.Whole("samples", 1, 1, 10_000),
            Seed = (ulong)fields.Whole("seed", 0, 0, int.MaxValue),
        };
        if (generation.Stop.Contains("")) fields.Fault("stop", "holds an empty text.");
        fields.RefuseUnknown();
        return generation;
    }

    private static AnswerExtraction Extraction((string Name, TaskFields Fields) named)
    {
        var (name, fields) = named;
        var pattern = fields.Text("pattern");
        if (pattern is not null) CheckPattern(pattern, fields, "pattern");
        var extraction = new AnswerExtraction(name)
        {
            Pattern = pattern,
            Take = fields.Text("take") switch { null or "first" => 0, "last" => -1, _ => fields.Whole("take", 0, -1000, 1000) },
            Fallback = fields.Text("fallback") ?? "[invalid]",
            Strip = fields.Flag("strip", other: pattern is not null),
        };
        fields.RefuseUnknown();
        return extraction;
    }

    private static void CheckPattern(string pattern, TaskFields fields, string key)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException error)
        {
            fields.Fault(key, $"holds a pattern that is none: {error.Message}");
        }
    }

    private static TaskTemplate? Template(TaskFields fields, string key, string file) => fields.Text(key) is { } source ? Template(fields, key, source, file) : null;

    private static TaskTemplate? Template(TaskFields fields, string key, string source, string file)
    {
        try
        {
            return new TaskTemplate(source, $"{file}, {key}");
        }
        catch (DataException error)
        {
            fields.Fault(key, $"is no template: {error.Message}");
            return null;
        }
    }
}
