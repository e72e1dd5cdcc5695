using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Evaluation;
using Loquat.Recipes;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeping;

/// <summary>A search over the keys of a recipe. In a file the keys are these names in snake_case; see <see cref="SweepFile"/>.</summary>
public sealed record Sweep
{
    [Description("What the sweep is called; names its folder.")]
    public string Name { get; init; } = "sweep";

    [Description("The recipe that is searched: a file, from the folder of this one, or the recipe itself.")]
    public RecipeSource Recipe { get; init; } = new Recipe();

    /// <summary>Each `key.path=value`, as `--set` takes them; in a file a mapping of keys to values.</summary>
    [Description("Values of the recipe's keys for all trials, such as training.max_steps: 500.")]
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>The names of its parameters are keys of the recipe.</summary>
    [Description("What is searched: keys of the recipe, and for each its choices, or type, low and high.")]
    public SearchSpace? Space { get; init; }

    [Description("What is to be made small, or large.")]
    public SweepObjective Objective { get; init; } = new();

    [Description("A text (file or folder) that no trial sees: the best model is scored on it, once all is over. Default: none.")]
    public string? TestPath { get; init; }

    [Description("How much is tried; what is spent first ends the sweep.")]
    public SweepBudget Budget { get; init; } = new();

    [Description("What to try next.")]
    public Sampler Sampler { get; init; } = new TpeSampler();

    [Description("Which trials are stopped before their end.")]
    public Pruner Pruner { get; init; } = new NoPruner();

    [Description("Seed of the sampler; that of training is the recipe's.")]
    public ulong Seed { get; init; } = 1;

    [Description("Where the trials are kept: an SQLite file, or postgres://user:password@host:5432/database, which workers on other machines share. Default: study.db in the sweep's folder.")]
    public string? Storage { get; init; }

    [Description("Which checkpoints stay: all, or those of the best trial and of trials that may go on.")]
    public CheckpointsKept Checkpoints { get; init; } = CheckpointsKept.All;

    /// <summary>The recipe that all trials begin from.</summary>
    /// <exception cref="OptionsException">It is none.</exception>
    public Recipe Base => Recipe.With(Set);

    /// <summary>The recipe of a trial.</summary>
    /// <exception cref="OptionsException">Its values make no recipe; the message names all faults.</exception>
    public Recipe RecipeOf(Configuration configuration) => Recipe.With([.. Set, .. configuration.Values.Select(v => $"{v.Key}={v.Value}")]);
}

/// <summary>Which checkpoints of trials stay.</summary>
public enum CheckpointsKept
{
    All,

    /// <summary>Those of trials that may go on, and of the best.</summary>
    Best,
}

/// <summary>What is measured on held-out text.</summary>
public enum SweepMetric
{
    /// <summary>Nats for each token.</summary>
    Loss,

    /// <summary>Bits for each UTF-8 byte.</summary>
    BitsPerByte,

    /// <summary>What decides which checkpoint of a task is best, such as accuracy.</summary>
    Score,
}

/// <summary>Which values are better.</summary>
public enum SweepDirection
{
    Minimize,
    Maximize,
}

/// <summary>What a sweep makes small, or large.</summary>
public sealed record SweepObjective
{
    [Description("loss: nats per token of the held-out text; bits_per_byte: the same for trials with different tokenizers; score: of a task (fine-tuning). That of the best checkpoint counts.")]
    public SweepMetric Metric { get; init; }

    [Description("Default: maximize a score, minimize the others.")]
    public SweepDirection? Direction { get; init; }

    /// <summary>Whether larger values are better.</summary>
    public bool IsMaximized => Direction is { } given ? given == SweepDirection.Maximize : Metric == SweepMetric.Score;

    /// <summary>The key of the metric, with its unit.</summary>
    public string Unit => Metric switch { SweepMetric.Loss => "loss, nats per token", SweepMetric.BitsPerByte => "bits per byte", _ => "score" };

    /// <summary>A value as the study knows it, where less is better, and back.</summary>
    public double Signed(double value) => IsMaximized ? -value : value;

    /// <summary>The value of an evaluation; null where it has none, as a text has no score.</summary>
    internal double? Of(EvaluationResult result) => Metric switch { SweepMetric.Loss => result.Loss, SweepMetric.BitsPerByte => !double.IsFinite(result.Loss) ? result.Loss : double.IsFinite(result.BitsPerByte) ? result.BitsPerByte : null, _ => result.Score?.Value };
}

/// <summary>How much a sweep tries.</summary>
public sealed record SweepBudget
{
    [Description("Trials that begin at most.")]
    [Range(1, 1_000_000_000)]
    public long Trials { get; init; } = 20;

    [Description("Once the trials have trained on so many tokens together, none begins or goes further. Default: no limit.")]
    [Range(1, 1e18)]
    public long? Tokens { get; init; }

    [Description("Once the workers have spent so many minutes together, no trial begins or goes further. Default: no limit.")]
    [Range(0.001, 1e9)]
    public double? Minutes { get; init; }
}
