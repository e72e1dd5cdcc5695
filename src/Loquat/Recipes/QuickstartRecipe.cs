using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Optimization.Rules;
using Loquat.Optimization.Schedules;
using Loquat.Planning;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.Recipes;

/// <summary>
/// The recipe that quickstart writes: text and tokenizer by the amount of text, then model and training by the machine and the time, measured in
/// real steps.
/// </summary>
public static class QuickstartRecipe
{
    private const int StoryContext = 512;
    private const int TextContext = 256;
    private const int StoryVocabulary = 4096;
    private const double BytesPerTokenLearned = 400;
    private const int SmallestVocabulary = 384;
    private const double LearningRate = 0.02;
    private const double MuonLearningRate = 0.01;
    private static readonly TimeSpan _measuring = TimeSpan.FromSeconds(2);

    /// <summary>What to read and how to cut it into tokens.</summary>
    /// <param name="path">Text of one's own; null: the built-in stories.</param>
    /// <param name="bytes">Bytes of that text.</param>
    /// <param name="minutes">Time for the whole quickstart.</param>
    public static Recipe ForText(string? path, long bytes, double minutes)
    {
        var recipe = new Recipe { Name = "quickstart" };
        if (path is null)
        {
            return recipe with
            {
                Data = recipe.Data with { StoryMegabytes = Math.Clamp(Math.Round(8 * minutes), 2, 2000), ValidationFraction = 0.02, Sampling = SamplingKind.Documents },
                Tokenizer = recipe.Tokenizer with { VocabSize = StoryVocabulary },
                Model = Decoder(StoryContext),
            };
        }
        // A token that occurs a few times only is not learned; a small text gets a small vocabulary.
        var vocabulary = (int)Math.Clamp(bytes / BytesPerTokenLearned, SmallestVocabulary, 8192) / 128 * 128;
        return recipe with
        {
            Data = recipe.Data with { Path = path, ValidationFraction = bytes > 50_000_000 ? 0.02 : 0.1 },
            Tokenizer = recipe.Tokenizer with { VocabSize = vocabulary },
            Model = Decoder(TextContext),
        };
    }

    /// <summary>The model and its training, for a text that has become tokens.</summary>
    /// <param name="recipe">From <see cref="ForText"/>.</param>
    /// <param name="dataset">Its tokens.</param>
    /// <param name="machine">What the machine measured.</param>
    /// <param name="bfloat16">Whether to compute in bfloat16.</param>
    /// <param name="trainingSeconds">Time for optimizer steps.</param>
    /// <returns>The recipe, and why it is so.</returns>
    public static (Recipe Recipe, RunSize Size) ForMachine(Recipe recipe, TokenDataset dataset, MachineFigures machine, bool bfloat16, double trainingSeconds, CancellationToken cancellation = default)
    {
        var context = (int)Math.Min(recipe.Model.Config.ContextLength, Math.Max(8, (dataset.Training.Count - 1) / 4));
        recipe = recipe with
        {
            Model = Decoder(context),
            Training = recipe.Training with
            {
                Precision = bfloat16 ? PrecisionKind.Bf16 : PrecisionKind.Fp32,
                Optimizer = new MuonOptions { LearningRate = LearningRate, MuonLearningRate = MuonLearningRate, AdamBeta2 = 0.99, WeightDecay = 0.01 },
            },
        };
        var size = RunSizing.Choose(new RunBudget
        {
            TrainingSeconds = trainingSeconds,
            Machine = machine,
            Vocabulary = dataset.Tokenizer.VocabSize,
            Context = context,
            UniqueTokens = dataset.Training.Count,
            BFloat16 = bfloat16,
            Muon = recipe.Training.Optimizer as MuonOptions,
        });
        recipe = recipe with
        {
            Model = Decoder(context) with
            {
                HiddenSize = size.Shape.Width,
                NumHiddenLayers = size.Shape.Layers,
                NumAttentionHeads = size.Shape.Heads,
                NumKeyValueHeads = size.Shape.KeyValueHeads,
                HeadDim = size.Shape.HeadSize,
                IntermediateSize = size.Shape.FeedForward,
            },
            Training = recipe.Training with { PerDeviceTrainBatchSize = size.Batch },
        };
        size = size.WithMeasuredStep(MeasureStep(recipe, dataset, bfloat16, cancellation), trainingSeconds);
        return (recipe with { Training = WithSteps(recipe.Training, size.Steps, dataset, context) }, size);
    }

    private static LlamaConfig Decoder(int context) => (LlamaConfig)ModelSection.Default with { MaxPositionEmbeddings = context };

    private static double MeasureStep(Recipe recipe, TokenDataset dataset, bool bfloat16, CancellationToken cancellation)
    {
        var placement = Placement.Of(bfloat16 ? Native.Precision.BFloat16 : Native.Precision.Float32);
        using var model = recipe.Model.ToConfig(dataset.Tokenizer.VocabSize, null).Build<CausalModel>(placement, recipe.Seed);
        using var optimizer = recipe.Training.ToOptimizer(model);
        return StepTimer.Seconds(model, optimizer, recipe.Training.PerDeviceTrainBatchSize, recipe.ContextLength, _measuring, cancellation);
    }

    private static TrainingRecipe WithSteps(TrainingRecipe training, int steps, TokenDataset dataset, int context) => training with
    {
        MaxSteps = steps,
        LrScheduler = new WarmupStableDecayOptions
        {
            WarmupSteps = Math.Min(steps / 10, 20),
            DecaySteps = Math.Max(1, steps * 7 / 10),
            MinLrRatio = 0.02,
        },
        EvalSteps = Math.Max(1, (steps + 5) / 6),
        EvalRows = (int)Math.Clamp(dataset.Validation.Count / context, 1, 16),
        // A checkpoint is where the steps left are counted anew by the clock.
        SaveSteps = Math.Max(1, steps / 10),
        SamplePrompt = "",
    };
}
