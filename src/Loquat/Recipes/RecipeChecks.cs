namespace Loquat.Recipes;

/// <summary>What must hold between several values of a recipe, each of which is in its range.</summary>
internal static class RecipeChecks
{
    /// <summary>All faults of a recipe built in code: what reading it from a file would find.</summary>
    public static IReadOnlyList<string> All(Recipe recipe)
    {
        // What stands between values makes sense of values in their ranges only.
        List<string> faults = [.. RecipeRanges.Faults(recipe)];
        return faults.Count > 0 ? faults : [.. Faults(recipe), .. UnusedKeys.Faults(recipe)];
    }

    public static IEnumerable<string> Faults(Recipe recipe)
    {
        var (model, training) = (recipe.Model, recipe.Training);
        // A file's values may be out of their ranges still: that is said beside this.
        if (model.NumAttentionHeads < 1 || model.HiddenSize < 1) yield break;
        if (model.HiddenSize % model.NumAttentionHeads != 0)
        {
            yield return $"model.hidden_size {model.HiddenSize} is not a multiple of model.num_attention_heads {model.NumAttentionHeads}. " +
                $"Nearest valid: {Math.Max(1, model.HiddenSize / model.NumAttentionHeads) * model.NumAttentionHeads}.";
        }
        else if (model.Architecture != ArchitectureKind.Gpt2 && model.HiddenSize / model.NumAttentionHeads % 2 != 0)
        {
            yield return $"model.hidden_size {model.HiddenSize} / model.num_attention_heads {model.NumAttentionHeads} is an odd head size; rotary positions need an even one.";
        }
        if (model.NumKeyValueHeads is { } shared && (shared > model.NumAttentionHeads || model.NumAttentionHeads % shared != 0))
            yield return $"model.num_attention_heads {model.NumAttentionHeads} is not a multiple of model.num_key_value_heads {shared}.";
        if (training.ContextLength > model.MaxPositionEmbeddings)
            yield return $"training.context_length {training.ContextLength} is above model.max_position_embeddings {model.MaxPositionEmbeddings}. Lower the first or raise the second.";
        if (training.LrScheduler.WarmupSteps > training.MaxSteps)
            yield return $"training.lr_scheduler.warmup_steps {training.LrScheduler.WarmupSteps} is above training.max_steps {training.MaxSteps}.";
        if (training.LrScheduler.WarmupSteps + training.LrScheduler.DecaySteps > training.MaxSteps)
            yield return $"training.lr_scheduler: warmup_steps and decay_steps together are above training.max_steps {training.MaxSteps}.";
    }
}
