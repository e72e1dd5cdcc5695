using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;

namespace Loquat.FineTuning;

/// <summary>
/// `objective:` of a recipe that is learned from labeled examples: which examples, and what is to be told of them. Deriving this record is all that registers a task under its
/// <see cref="ObjectiveOptions.Type"/>; one file holds a task.
/// </summary>
public abstract record TaskOptions : ObjectiveOptions
{
    public sealed override bool IsTask => true;

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Encoder];

    public override IReadOnlyList<string> SpecialTokens => ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>What it learns, in a few words for `--help`: "one class of several for each text".</summary>
    public abstract string Summary { get; }

    /// <summary>Reads the examples that a recipe names, in their three parts.</summary>
    /// <exception cref="DataException">A file is missing or damaged, or does not hold what the task needs.</exception>
    public abstract ExampleSets Read(DataRecipe data, ulong seed, CancellationToken cancellation = default);

    /// <summary>Reads the examples of one file, to be predicted.</summary>
    /// <exception cref="DataException">It is missing or damaged, or holds no text.</exception>
    public abstract IReadOnlyList<Example> ReadUnlabeled(string path, CancellationToken cancellation = default);

    /// <summary>The options with what the examples decide, as the run keeps them. Default: the same.</summary>
    public virtual TaskOptions For(ExampleSets sets) => this;

    /// <summary>The task on these examples: which labels there are is decided here.</summary>
    /// <exception cref="DataException">They cannot be learned from.</exception>
    public abstract FineTuningTask Begin(IReadOnlyList<Example> train);

    /// <summary>The task as a model that was trained for it has it; null: the model is none of this task's.</summary>
    public abstract FineTuningTask? Of(EncoderConfig config);

    /// <exception cref="OptionsException">Always: a task is no objective on running text.</exception>
    public sealed override TextObjective Create(ObjectiveSetting setting) =>
        throw new OptionsException($"objective.type is {Type}, a task that is learned from labeled examples and not from running text. Use: loquat finetune RECIPE.");
}

/// <summary>The tasks that are known.</summary>
public static class KnownTasks
{
    /// <summary>All, as by default, in alphabetical order.</summary>
    public static IReadOnlyList<TaskOptions> All => [.. KnownObjectives.Types.Select(KnownObjectives.Find).OfType<TaskOptions>()];

    /// <summary>The task that a model was trained for.</summary>
    /// <exception cref="OptionsException">It has no head that a task trains.</exception>
    public static FineTuningTask Of(EncoderConfig config, string place) => All.Select(task => task.Of(config)).FirstOrDefault(task => task is not null)
        ?? throw new OptionsException($"{place}: the model's head is {config.Head}, which none of the tasks trains ({string.Join(", ", All.Select(task => task.Type))}). Train one: loquat finetune.");
}
