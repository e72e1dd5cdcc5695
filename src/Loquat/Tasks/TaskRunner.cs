namespace Loquat.Tasks;

/// <summary>How tasks are run.</summary>
public sealed record TaskOptions
{
    /// <summary>The folder with the data of the tasks; null: each lies beside its task file.</summary>
    public string? Data { get; init; }

    /// <summary>The most documents of a task, the first ones; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Solved examples before each question; null: as many as the task says.</summary>
    public int? FewShot { get; init; }

    /// <summary>A training text in which the questions are looked for, document by document: those that stand in it are told apart. Null: none is looked at.</summary>
    public IEnumerable<string>? Training { get; init; }

    /// <summary>The folder for what each document was asked and gave, one file a task; a run that was stopped goes on from it. Null: nothing is kept.</summary>
    public string? Log { get; init; }
}

/// <summary>Asks a model the questions of a task. The result does not depend on the order in which they are asked, nor on where an earlier run stopped.</summary>
public static class TaskRunner
{
    /// <param name="progress">Told the documents done and all documents.</param>
    /// <exception cref="OptionsException">An option is out of its range, or the model cannot do what the task asks.</exception>
    /// <exception cref="DataException">The data of the task is missing or is not what the task says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two documents; what was done is in the log.</exception>
    public static TaskResult Run(ITaskModel model, TaskDefinition task, TaskOptions options, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        if (options.Limit < 1) throw new OptionsException($"a limit of {options.Limit} documents leaves none; give 1 or more, or none for all.");
        if (options.FewShot is < 0 or > 1000) throw new OptionsException($"{options.FewShot} examples before each question cannot be; give 0 to 1000.");
        if (!model.Kinds.Contains(task.Kind)) throw new OptionsException($"task {task.Name} is of the kind {TaskMetrics.Name(task.Kind)}, which {model.Name} cannot be asked: it takes {string.Join(", ", model.Kinds.Select(TaskMetrics.Name))}.");
        if (options.FewShot is { } shots) task = task with { FewShot = task.FewShot with { Count = shots } };
        string[] folders = [.. new[] { task.Folder, options.Data }.OfType<string>()];
        if (options.Data is { } data && !Directory.Exists(data)) throw new DataException($"--data: there is no folder {data}.");
        var (documents, shared) = TaskDocuments.Read(task, folders, options.Limit);
        var scores = new TaskScore?[documents.Count];
        using var log = options.Log is null ? null : TaskLog.Open(options.Log, model, task, documents, scores);
        var resumed = scores.Count(s => s is not null);
        progress?.Invoke(resumed, documents.Count);
        foreach (var (document, score) in task.Kind == TaskKind.Generation ? Written(model, task, documents, scores, cancellation) : Scored(model, task, documents, shared, scores, cancellation))
        {
            scores[document] = score;
            log?.Write(documents[document], score);
            progress?.Invoke(scores.Count(s => s is not null), documents.Count);
            cancellation.ThrowIfCancellationRequested();
        }
        TaskScore[] all = [.. scores.Select(s => s!)];
        return Result(model.Name, task, documents, all) with { Resumed = resumed, Contamination = options.Training is null ? [] : Contamination(task, documents, all, options.Training, cancellation) };
    }

    private static List<TaskCategory> Contamination(TaskDefinition task, List<TaskDocument> documents, TaskScore[] scores, IEnumerable<string> training, CancellationToken cancellation)
    {
        var seen = TaskContamination.Find(documents, task.Name, training, cancellation);
        var groups = new List<TaskCategory>();
        foreach (var (name, isSeen) in new[] { (TaskContamination.Seen, true), (TaskContamination.Unseen, false) })
        {
            int[] some = [.. Enumerable.Range(0, documents.Count).Where(i => seen.Contains(i) == isSeen)];
            if (some.Length > 0) groups.Add(new(name, some.Length, TaskMetrics.Of(task, [.. some.Select(i => documents[i])], [.. some.Select(i => scores[i])])));
        }
        return groups;
    }

    /// <summary>The numbers of a task from what a model made of its documents.</summary>
    internal static TaskResult Result(string model, TaskDefinition task, IReadOnlyList<TaskDocument> documents, IReadOnlyList<TaskScore> scores)
    {
        var categories = documents.Zip(scores).Where(p => p.First.Category is not null).GroupBy(p => p.First.Category!).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new TaskCategory(g.Key, g.Count(), TaskMetrics.Of(task, [.. g.Select(p => p.First)], [.. g.Select(p => p.Second)])));
        return new()
        {
            Task = task,
            Model = model,
            FewShot = task.FewShot.Count,
            Documents = documents,
            Scores = scores,
            Metrics = TaskMetrics.Of(task, documents, scores),
            Categories = [.. categories],
        };
    }

    private static IEnumerable<(int, TaskScore)> Scored(ITaskModel model, TaskDefinition task, List<TaskDocument> documents, string shared, TaskScore?[] done, CancellationToken cancellation)
    {
        using var scorer = Scorer(model, task, documents, shared);
        foreach (var i in scorer.Order)
        {
            if (done[i] is not null) continue;
            cancellation.ThrowIfCancellationRequested();
            var all = scorer.Score(i, cancellation);
            yield return (i, new TaskScore { LogProbabilities = [.. all.Select(s => s.LogProbability)], Tokens = [.. all.Select(s => s.Tokens)], Greedy = [.. all.Select(s => s.IsGreedy)] });
        }
    }

    private static ITaskScorer Scorer(ITaskModel model, TaskDefinition task, List<TaskDocument> documents, string shared)
    {
        try
        {
            return model.Scorer(task.Kind, [.. documents.Select(d => d.Requests)], shared);
        }
        catch (OptionsException error)
        {
            throw new OptionsException($"task {task.Name}: {error.Message}", error);
        }
    }

    private static IEnumerable<(int, TaskScore)> Written(ITaskModel model, TaskDefinition task, List<TaskDocument> documents, TaskScore?[] done, CancellationToken cancellation)
    {
        for (var i = 0; i < documents.Count; i++)
        {
            if (done[i] is not null) continue;
            var prompt = documents[i].Requests[0].Context;
            var outputs = Enumerable.Range(0, task.Generation.Samples).Select(sample => model.Write(prompt, task.Generation, sample, cancellation)).ToList();
            // What a cancelled generation leaves is not the model's answer.
            cancellation.ThrowIfCancellationRequested();
            yield return (i, new TaskScore { Outputs = outputs });
        }
    }
}
