using System.Globalization;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Text.Tokenization;

namespace Loquat.Recipes;

/// <summary>A key that has no effect in a recipe, because of what the recipe chooses elsewhere.</summary>
/// <param name="Path">The key, such as `data.split`.</param>
/// <param name="Reason">Why, as the rest of a sentence.</param>
/// <param name="Truth">The one value that says what happens anyway and may stand there; null: none.</param>
internal sealed record UnusedKey(string Path, string Reason, string? Truth = null)
{
    /// <summary>Whether a value, as it is written, says what happens anyway.</summary>
    public bool IsTrue(string value) => value == Truth
        || (double.TryParse(value, CultureInfo.InvariantCulture, out var given) && double.TryParse(Truth, CultureInfo.InvariantCulture, out var truth) && given == truth);
}

/// <summary>
/// Which keys a recipe leaves without effect. A file that gives one is refused, and so is a recipe built in code that sets one; a recipe
/// that is written out leaves them out.
/// </summary>
internal static class UnusedKeys
{
    private static readonly string[] _ofText =
    [
        "data.story_megabytes", "data.story_seed", "data.split", "data.sampling", "tokenizer.sampling.passes", "tokenizer.sampling.alpha", "tokenizer.sampling.nbest_size", "training.sample_prompt",
        "generation.temperature", "generation.top_k", "generation.top_p", "generation.num_beams", "generation.length_penalty", "generation.max_new_tokens",
        "data.target_path", "data.validation_target_path", "data.source_column", "data.target_column",
    ];

    private static readonly string[] _ofPairs = ["data.target_path", "data.validation_target_path", "data.source_column", "data.target_column"];

    private static readonly string[] _ofExamples = ["data.validation_path", "data.test_path", "training.num_train_epochs"];

    public static IEnumerable<UnusedKey> Of(Recipe recipe)
    {
        var tokenizer = recipe.Tokenizer;
        foreach (var (key, reason) in recipe.Training.Optimizer.Unused) yield return new($"training.optimizer.{key}", reason);
        if (recipe.Training.LrScheduler is WarmupScheduleOptions { WarmupRatio: not null }) yield return new("training.lr_scheduler.warmup_steps", "training.lr_scheduler.warmup_ratio is given in its place.");
        if (recipe.Training.BatchWarmupSteps == 0) yield return new("training.batch_warmup_start", "batch_warmup_steps is 0: the batch does not grow.", "1");
        if (recipe.Training.EmaDecay is null) yield return new("training.ema_warmup", "there is no ema_decay.", "false");
        if (recipe.Training.SwaStart is null) yield return new("training.swa_steps", "there is no swa_start.");
        if (recipe.Training.EarlyStoppingPatience is null) yield return new("training.early_stopping_threshold", "there is no early_stopping_patience.");
        if (recipe.Objective.IsTask)
        {
            foreach (var key in _ofText) yield return new(key, $"the objective {recipe.Objective.Type} is learned from examples, not from running text.");
            yield break;
        }
        var (pairs, talks) = (recipe.Objective.ReadsPairs, recipe.Objective is ConversationOptions);
        if (recipe.Generation.NumBeams == 1) yield return new("generation.length_penalty", "generation.num_beams is 1: texts are not compared.");
        if (!pairs)
            foreach (var key in _ofPairs) yield return new(key, $"objective.type is {recipe.Objective.Type}, which reads one text, not pairs (sequence_to_sequence does).");
        if (talks) yield return new("data.sampling", "conversations are drawn whole, those of about one length together.", "packed");
        if (talks) yield return new("data.split", "conversations are chosen by a hash of how they begin.", "document");
        if (talks) yield return new("tokenizer.sampling.passes", "conversations are checked against their template, and so are not cut by chance.", "0");
        if (pairs) yield return new("data.sampling", "pairs are drawn whole, those of about one length together.", "packed");
        if (pairs) yield return new("data.split", "pairs are chosen by a hash of what is read.", "document");
        if ((pairs || talks) && recipe.Data.ValidationPath is not null) yield return new("data.validation_fraction", $"data.validation_path names the {(pairs ? "pairs" : "conversations")} to validate with.");
        foreach (var key in _ofExamples.Where(key => !(pairs || talks) || key != "data.validation_path").Where(key => !talks || key != "training.num_train_epochs")) yield return new(key, $"the objective {recipe.Objective.Type} is learned from running text, not from examples.");
        var defaults = new Recipe();
        if (recipe.Data.Tokens is not null)
        {
            foreach (var key in (string[])["data.split", "data.validation_fraction", "data.story_megabytes", "data.story_seed"]) yield return new(key, "data.tokens are divided already.");
            foreach (var key in (string[])["tokenizer.type", "tokenizer.vocab_size", "tokenizer.sampling.passes"]) yield return new(key, "data.tokens has its tokenizer.");
        }
        else if (recipe.Data.Path is null && !pairs && !talks) yield return new("data.split", "the built-in stories are split by whole stories.", "document");
        else
        {
            yield return new("data.story_megabytes", "data.path gives the text.", Text(defaults.Data.StoryMegabytes));
            yield return new("data.story_seed", "data.path gives the text.", Text(defaults.Data.StorySeed));
        }
        // Of a run that begins with a model, its tokenizer is what these keys are held against (StartingModel).
        if (recipe.Model.From is null && recipe.Data.Tokens is null)
        {
            var given = tokenizer.Path is not null;
            if (given) yield return new("tokenizer.type", "tokenizer.path gives the tokenizer.", RecipeBinder.Key(defaults.Tokenizer.Type.ToString()));
            if (given || !TokenizerTraining.HasSize(tokenizer.Type))
                yield return new("tokenizer.vocab_size", given ? "tokenizer.path gives the tokenizer." : $"a {RecipeBinder.Key(tokenizer.Type.ToString())} tokenizer has the tokens that the text has.", Text(defaults.Tokenizer.VocabSize));
        }
        if (tokenizer.Sampling.Passes > 0) yield break;
        yield return new("tokenizer.sampling.alpha", "tokenizer.sampling.passes is 0: nothing is cut by chance.");
        yield return new("tokenizer.sampling.nbest_size", "tokenizer.sampling.passes is 0: nothing is cut by chance.");
    }

    /// <summary>The same for a recipe built in code, where a value that is the default was not set.</summary>
    public static IEnumerable<string> Faults(Recipe recipe)
    {
        // Keys of an optimizer or schedule have the defaults of its own type.
        var training = new TrainingRecipe { Optimizer = KnownRules.Find(recipe.Training.Optimizer.Type)!, LrScheduler = KnownSchedules.Find(recipe.Training.LrScheduler.Type)! };
        var (values, defaults) = (Values(recipe), Values(new Recipe { Training = training }));
        foreach (var key in Of(recipe))
            if (values.GetValueOrDefault(key.Path) is { } value && !key.IsTrue(value) && value != defaults.GetValueOrDefault(key.Path))
                yield return $"{key.Path} is '{value}', but {key.Reason} Leave it as it is by default.";
    }

    /// <summary>The default of each unused key in place of its value: what a recipe that is written out reads back as.</summary>
    public static IReadOnlySet<string> Paths(Recipe recipe) => Of(recipe).Select(key => key.Path).ToHashSet(StringComparer.Ordinal);

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Values(Recipe recipe) =>
        RecipeFile.Lines(RecipeBinder.ToNode(recipe)).ToDictionary(line => line.Path, line => line.Value, StringComparer.Ordinal);
}
