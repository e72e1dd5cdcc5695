using Loquat.Optimization;
using Loquat.Recipes;

namespace Loquat.Runs;

/// <summary>A value of a recipe that a run goes on with, from a step on.</summary>
/// <param name="Step">Steps made before.</param>
/// <param name="Key">The key, such as `training.max_steps`.</param>
/// <param name="Before">The value until then; null: the key had none.</param>
/// <param name="After">The value from then on; null: it has none.</param>
public sealed record RecipeChange(long Step, string Key, string? Before, string? After)
{
    /// <summary>What may change while the run's past stays true: how long, how fast and how often from here on.</summary>
    private static readonly HashSet<string> _free = new(StringComparer.Ordinal)
    {
        "name",
        "training.max_steps",
        "training.num_train_epochs",
        "training.per_device_train_batch_size",
        "training.gradient_accumulation_steps",
        "training.batch_warmup_steps",
        "training.batch_warmup_start",
        "training.layer_drop",
        "training.drop_path",
        "training.precision",
        "training.gradient_checkpointing",
        "training.max_memory",
        "training.max_grad_norm",
        "training.grad_norm_type",
        "training.max_grad_value",
        "training.adaptive_grad_clip",
        "training.gradient_noise",
        "training.gradient_noise_scale",
        "training.swa_steps",
        "training.eval_steps",
        "training.eval_rows",
        "training.logging_steps",
        "training.save_steps",
        "training.early_stopping_patience",
        "training.early_stopping_threshold",
        "training.overfitting_watch",
        "training.sample_prompt",
        "generation.temperature",
        "generation.top_k",
        "generation.top_p",
        "generation.num_beams",
        "generation.length_penalty",
        "generation.max_new_tokens",
    };

    /// <summary>Why the others may not; a key belongs to the first prefix that it begins with.</summary>
    private static readonly (string Prefix, string Reason)[] _fixed =
    [
        ("seed", "the weights and the order of the data came from it"),
        ("data.", "the run's tokens were made from it"),
        ("tokenizer.", "the model's embeddings stand for its tokens"),
        ("model.", "the checkpoint's weights have it"),
        ("adapter.", "the checkpoint's adapter has it"),
        ("objective.", "the losses of the steps made are of it"),
        ("distillation.", "the losses of the steps made are of it"),
        ("training.ema_", "the checkpoint's average of the weights has it"),
        ("training.swa_start", "the checkpoint's average of the weights has it"),
        ("training.mixout", "the weights that are mixed in are kept from the first step on"),
        ("training.context_length", "the place in the data is counted in sequences of this length"),
        ("training.optimizer.type", "the checkpoint's moments are those of this optimizer"),
        ("training.optimizer.", "the checkpoint's moments are of this shape"),
        ("training.parameter_groups.", "the checkpoint's moments are those of these groups"),
    ];

    /// <summary>Whether a run can go on with another value of a key; if not, why.</summary>
    /// <returns>Null: it can.</returns>
    public static string? WhyFixed(string key) => _free.Contains(key) || IsFree(key) ? null : _fixed.FirstOrDefault(f => key.StartsWith(f.Prefix, StringComparison.Ordinal)).Reason ?? "the steps made depend on it";

    /// <summary>The schedule may be any other; of optimizers and groups, all that does not decide what is remembered.</summary>
    private static bool IsFree(string key) => key.StartsWith("training.lr_scheduler.", StringComparison.Ordinal)
        || (key.StartsWith("training.parameter_groups.", StringComparison.Ordinal) && (key.EndsWith(".learning_rate", StringComparison.Ordinal) || key.EndsWith(".weight_decay", StringComparison.Ordinal)))
        || (key.StartsWith("training.optimizer.", StringComparison.Ordinal) && key != "training.optimizer.type" && !RuleOptions.ShapesState(key["training.optimizer.".Length..]));

    /// <summary>The keys whose values differ, in the order of recipes.</summary>
    public static IReadOnlyList<RecipeChange> Between(Recipe before, Recipe after, long step)
    {
        var (then, now) = (Values(before), Values(after));
        return [.. then.Keys.Union(now.Keys)
            .Select(key => new RecipeChange(step, key, then.GetValueOrDefault(key), now.GetValueOrDefault(key)))
            .Where(change => change.Before != change.After)];
    }

    /// <summary>`key: before -> after`.</summary>
    public override string ToString() => $"{Key}: {Before ?? "none"} -> {After ?? "none"}";

    internal static Dictionary<string, string> Values(Recipe recipe) =>
        RecipeFile.Lines(RecipeBinder.ToNode(recipe, UnusedKeys.Paths(recipe))).ToDictionary(line => line.Path, line => line.Value, StringComparer.Ordinal);
}
