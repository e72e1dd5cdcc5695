using Loquat.Layers;
using Loquat.Models;
using Loquat.Native;
using Loquat.Planning;
using Loquat.Text.Tokenization;

namespace Loquat.Recipes;

/// <summary>Holds what training would keep in memory to what the machine has, before any of it is allocated.</summary>
public static class RecipeMemory
{
    /// <summary>Checks with the least vocabulary that the tokenizer can have, before the text is read.</summary>
    /// <exception cref="OptionsException">It cannot fit.</exception>
    internal static void Check(Recipe recipe) =>
        Check(recipe, recipe.Tokenizer.Path is null && TokenizerTraining.HasSize(recipe.Tokenizer.Type) && recipe.Tokenizer.Type != TokenizerKind.Wordlevel ? recipe.Tokenizer.VocabSize : 1);

    /// <param name="vocabulary">Tokens of the tokenizer.</param>
    /// <exception cref="OptionsException">It cannot fit; the message names the parts and the keys that make them smaller.</exception>
    internal static void Check(Recipe recipe, int vocabulary)
    {
        if (Libtorch.HasCuda) return;   // the figures are of the processor's memory
        var training = recipe.Training;
        var config = recipe.Model.ToConfig(vocabulary, null);
        var (state, activations) = (StateOf(recipe, config, Is16(training)).Total + recipe.TeacherBytes(Is16(training)), Activations(recipe, config, CheckpointedLayers(recipe, config)) ?? 0);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (state + activations <= memory) return;
        throw new OptionsException(
            $"training needs about {Gigabytes(state + activations)} of memory ({Gigabytes(state)} for weights, gradients and optimizer, {Gigabytes(activations)} for activations of " +
            $"{training.PerDeviceTrainBatchSize:N0} × {recipe.ContextLength:N0} tokens); this machine has {Gigabytes(memory)}. Lower " +
            (activations > state ? "training.per_device_train_batch_size (and raise gradient_accumulation_steps), training.context_length or the model's layers, or set training.gradient_checkpointing: true." : "the model's width, its layers or tokenizer.vocab_size."));
    }

    /// <summary>Layers that compute their activations anew: as few as `max_memory` allows, or all.</summary>
    /// <exception cref="OptionsException">Not even with all of them is it enough, or the memory of such a model is not known beforehand.</exception>
    public static int CheckpointedLayers(Recipe recipe, ModelConfig config)
    {
        var training = recipe.Training;
        if (training.MaxMemory is not { } given) return training.GradientCheckpointing ? int.MaxValue : 0;
        var limit = LimitOf(given) ?? throw new OptionsException($"training.max_memory is '{given}'; write a number of bytes as 800MB, 8GB or 7.5GiB.");
        var state = StateOf(recipe, config, Is16(training)).Total + recipe.TeacherBytes(Is16(training));
        for (var layers = training.GradientCheckpointing ? config.Layers : 0; layers <= config.Layers; layers++)
        {
            var activations = Activations(recipe, config, layers) ??
                throw new OptionsException($"training.max_memory is given, but what the layers of a {config.ModelType} keep is not known beforehand. Take it out, or set training.gradient_checkpointing: true in its place.");
            if (state + activations <= limit) return layers;
            if (layers == config.Layers)
                throw new OptionsException(
                    $"training.max_memory is {given}, but training needs about {Gigabytes(state + activations)} even where every layer computes its activations anew ({Gigabytes(state)} for weights, gradients and optimizer). " +
                    "Raise it, or lower training.per_device_train_batch_size, training.context_length or the model.");
        }
        return config.Layers;
    }

    private static double? Activations(Recipe recipe, ModelConfig config, int checkpointed) => ModelShape.Find(config) is { } shape
        ? ActivationPlan.Bytes(shape, recipe.Training.PerDeviceTrainBatchSize * (recipe.Objective.RDropAlpha > 0 ? 2 : 1), recipe.ContextLength, Is16(recipe.Training) ? 2 : 4, checkpointed: checkpointed)
        : null;

    private static bool Is16(TrainingRecipe training) => training.Precision == PrecisionKind.Bf16;

    /// <summary>Bytes of weights, gradients and optimizer: with an adapter, of what is trained, beside the weights as they are kept.</summary>
    public static MemoryPlan StateOf(Recipe recipe, ModelConfig config, bool bfloat16)
    {
        MemoryPlan Of(long parameters) => MemoryPlan.Of(parameters, bfloat16 ? TrainingPrecision.Mixed : TrainingPrecision.Float32, recipe.Training.Optimizer.NumbersPerWeight);
        if (recipe.PlanAdapter(config) is not { } plan) return Of(config.ParameterCount());
        var each = bfloat16 ? 2.0 : 4.0;
        var kept = recipe.Adapter!.Quantization switch { QuantizationKind.Int8 => 1 + 4.0 / 64, QuantizationKind.Nf4 => 0.5 + 4.0 / 64, _ => each };
        var own = plan.Trained.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var frozen = config.Parameters().Where(p => !own.Contains(p.Name)).Sum(p => p.Count * (config.TakesAdapter(p) ? kept : each));
        var trained = Of(plan.Count);
        return trained with { Weights = trained.Weights + (long)frozen };
    }

    /// <summary>Bytes of `max_memory`; null: it names no memory. A number alone is none: it might be taken for gigabytes.</summary>
    internal static long? LimitOf(string text) => ByteSize.Parse(text, needsUnit: true) is > 0 and var bytes ? bytes : null;

    private static string Gigabytes(double bytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1e9:N1} GB");
}
