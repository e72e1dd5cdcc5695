using Loquat.Native;
using Loquat.Planning;
using Loquat.Text.Tokenization;

namespace Loquat.Recipes;

/// <summary>Holds what training would keep in memory to what the machine has, before any of it is allocated.</summary>
internal static class RecipeMemory
{
    /// <summary>Checks with the least vocabulary that the tokenizer can have, before the text is read.</summary>
    /// <exception cref="OptionsException">It cannot fit.</exception>
    public static void Check(Recipe recipe) =>
        Check(recipe, recipe.Tokenizer.Path is null && TokenizerTraining.HasSize(recipe.Tokenizer.Type) && recipe.Tokenizer.Type != TokenizerKind.Wordlevel ? recipe.Tokenizer.VocabSize : 1);

    /// <param name="vocabulary">Tokens of the tokenizer.</param>
    /// <exception cref="OptionsException">It cannot fit; the message names the parts and the keys that make them smaller.</exception>
    public static void Check(Recipe recipe, int vocabulary)
    {
        if (Libtorch.HasCuda) return;   // the figures are of the processor's memory
        var training = recipe.Training;
        var bfloat16 = training.Precision == PrecisionKind.Bf16;
        var config = recipe.Model.ToConfig(vocabulary, null);
        var shape = ModelShape.Find(config);
        double state = MemoryPlan.Of(config.ParameterCount(), bfloat16 ? TrainingPrecision.Mixed : TrainingPrecision.Float32, training.Optimizer.NumbersPerWeight).Total;
        var activations = shape is null ? 0 : ActivationPlan.Bytes(shape, training.PerDeviceTrainBatchSize, recipe.ContextLength, bfloat16 ? 2 : 4);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (state + activations <= memory) return;
        throw new OptionsException(
            $"training needs about {Gigabytes(state + activations)} of memory ({Gigabytes(state)} for weights, gradients and optimizer, {Gigabytes(activations)} for activations of " +
            $"{training.PerDeviceTrainBatchSize:N0} × {recipe.ContextLength:N0} tokens); this machine has {Gigabytes(memory)}. Lower " +
            (activations > state ? "training.per_device_train_batch_size (and raise gradient_accumulation_steps), training.context_length or the model's layers." : "the model's width, its layers or tokenizer.vocab_size."));
    }

    private static string Gigabytes(double bytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1e9:N1} GB");
}
