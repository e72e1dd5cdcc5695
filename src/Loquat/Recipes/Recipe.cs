using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Adapters;
using Loquat.Distillation;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using Loquat.Optimization.Schedules;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Recipes;

/// <summary>Everything about a run, in one file. Keys of the file are these names in snake_case.</summary>
public sealed record Recipe
{
    private const int LengthOfUnlimited = 256;

    [Description("What the run is called; names its folder.")]
    public string Name { get; init; } = "run";

    [Description("Seed of initialization, data order and dropout.")]
    public ulong Seed { get; init; } = 1337;

    [Description("What is read.")]
    public DataRecipe Data { get; init; } = new();

    [Description("How text becomes tokens.")]
    public TokenizerRecipe Tokenizer { get; init; } = new();

    [Description("What is trained.")]
    public ModelRecipe Model { get; init; } = new();

    /// <summary>In a file, `type` names it and the other keys are its options. Default: none; the model's weights are trained.</summary>
    [Description("What is trained in place of the model's weights, which stay those of model.from; they alone are saved. Default: none, the weights are trained.")]
    public AdapterOptions? Adapter { get; init; }

    /// <summary>In a file, `type` names it and the other keys are its options; the default is the usual one of the model's kind.</summary>
    [Description("What it learns.")]
    public ObjectiveOptions Objective { get; init; } = new CausalOptions();

    /// <summary>In a file, `type` names it and the other keys are its options. Default: none; what is learned is the text's own.</summary>
    [Description("Another model that it learns from beside the text. Default: none.")]
    public DistillationOptions? Distillation { get; init; }

    [Description("How it is trained.")]
    public TrainingRecipe Training { get; init; } = new();

    [Description("How it writes.")]
    public GenerationRecipe Generation { get; init; } = new();

    /// <summary>Tokens in a training sequence.</summary>
    public int ContextLength => Training.ContextLength ?? (Model.Config.ContextLength == int.MaxValue ? LengthOfUnlimited : Model.Config.ContextLength);

    /// <summary>The same recipe. What it is checked for is what a file is checked for: ranges, what must hold between values, values without effect.</summary>
    /// <exception cref="OptionsException">The message names all faults by their keys.</exception>
    public Recipe Validated() => RecipeChecks.All(this) switch
    {
        [] => this,
        [var only] => throw new OptionsException(only),
        var faults => throw new OptionsException($"{faults.Count} faults in the recipe:\n  " + string.Join("\n  ", faults)),
    };
}

/// <summary>Where the text comes from.</summary>
public sealed record DataRecipe
{
    [Description("A file or folder: UTF-8 text, books, pages, dumps, mail, tables, archives (docs/collection.md); without it, the built-in story corpus.")]
    public string? Path { get; init; }

    [Description("Of pairs of texts (objective.type sequence_to_sequence): the file whose lines are written from those of path. Default: path is a .tsv, .csv or .jsonl of both.")]
    public string? TargetPath { get; init; }

    [Description("Of a table of pairs: the column, key or number (from 1) of what is read. Default: the first, or 'source'.")]
    public string? SourceColumn { get; init; }

    [Description("Of a table of pairs: the column, key or number of what is written. Default: the second, or 'target'.")]
    public string? TargetColumn { get; init; }

    [Description("The lines that are written from those of validation_path.")]
    public string? ValidationTargetPath { get; init; }

    [Description("Of a folder, only files whose path below it fits one of these: *.txt, books/**, **/part-?.md. A pattern without / means names in any folder. Default: all.")]
    public TextList Include { get; init; } = TextList.Empty;

    [Description("Of those, not the files whose path fits one of these. Binary files are left out anyway. Default: none.")]
    public TextList Exclude { get; init; } = TextList.Empty;

    [Description("A folder of token shards and their tokenizer, as preprocess writes them, instead of a path and a tokenizer to learn.")]
    public string? Tokens { get; init; }

    [Description("Megabytes of stories to generate, when there is no path.")]
    [Range(0.01, 1e6)]
    public double StoryMegabytes { get; init; } = 24;

    [Description("Seed of the stories.")]
    public ulong StorySeed { get; init; } = 1;

    [Description("Of a task, of pairs or of conversations: a file of examples to validate with, which choose the best checkpoint. Default: validation_fraction of those in path.")]
    public string? ValidationPath { get; init; }

    [Description("Of a task: a file of examples that tell how good the trained model is. Default: validation_fraction of the examples in path.")]
    public string? TestPath { get; init; }

    [Description("Share of the text kept for validation; of a task, of the examples, and as many for the test.")]
    [Range(0.0001, 0.5)]
    public double ValidationFraction { get; init; } = 0.1;

    [Description("How the text is split: whole documents chosen by a hash, or the last part validates.")]
    public SplitKind Split { get; init; } = SplitKind.Document;

    [Description("How sequences are drawn: packed without overlap and shuffled; documents: each begins where a document begins; windows at random places.")]
    public SamplingKind Sampling { get; init; } = SamplingKind.Packed;
}

/// <summary>How training sequences are drawn.</summary>
public enum SamplingKind
{
    /// <summary>Without overlap, shuffled.</summary>
    Packed,

    /// <summary>Each begins where a document begins.</summary>
    Documents,

    /// <summary>At random places.</summary>
    Windows,
}

/// <summary>How text becomes tokens.</summary>
public sealed record TokenizerRecipe
{
    [Description("bpe: byte-level BPE; bpe_metaspace, bpe_suffix, wordpiece, unigram, wordlevel; character: one token a character; byte: one a byte.")]
    public TokenizerKind Type { get; init; } = TokenizerKind.Bpe;

    [Description("Tokens to learn; not used for characters and bytes. Byte-level BPE needs 257 or more.")]
    [Range(1, 1_000_000)]
    public int VocabSize { get; init; } = 4096;

    [Description("A tokenizer.json to use instead of learning one.")]
    public string? Path { get; init; }

    [Description("Subword regularization of the training text.")]
    public SubwordSamplingRecipe Sampling { get; init; } = new();
}

/// <summary>How training text is cut by chance. The defaults of the options are those of <see cref="SubwordSampling"/>.</summary>
public sealed record SubwordSamplingRecipe
{
    [Description("How often the training text is written to the data set, each time cut anew by chance. 0: once, without chance.")]
    [Range(0, 10_000)]
    public int Passes { get; init; }

    [Description("Unigram: the weight of the tokens' scores; 0: any way to cut is as likely. BPE: the probability of leaving a merge out.")]
    [Range(0, 1e6)]
    public double Alpha { get; init; } = new SubwordSampling().Alpha;

    [Description("Draw from so many best ways to cut (Unigram); -1: from all.")]
    [Range(-1, SubwordSampling.MaxNbestSize)]
    public int NbestSize { get; init; } = new SubwordSampling().NbestSize;
}

/// <summary>
/// What is trained. In a file the keys are those of the architecture's own `config.json`, beginning with `model_type`; in code it is that configuration, such as a
/// <see cref="Models.Llama.LlamaConfig"/>.
/// </summary>
public sealed record ModelRecipe
{
    [Description("A run or a Hugging Face model folder whose weights the run begins with; its model and tokenizer come along. Default: weights from the seed.")]
    public string? From { get; init; }

    /// <summary>The architecture and its sizes. Tokens are those of the tokenizer, unless <see cref="ModelConfig.VocabSize"/> asks for more. Default: a small Qwen3.</summary>
    public ModelConfig Config { get; init; } = ModelSection.Default;

    /// <summary>A model with weights from the seed.</summary>
    public static implicit operator ModelRecipe(ModelConfig config) => new() { Config = config };
}

/// <summary>How training goes.</summary>
public sealed record TrainingRecipe
{
    [Description("Optimizer steps.")]
    [Range(1, 1e12)]
    public long MaxSteps { get; init; } = 1000;

    [Description("Of a task or of conversations: how often each example is learned from, in place of max_steps. Default: as max_steps says.")]
    [Range(0.001, 1e6)]
    public double? NumTrainEpochs { get; init; }

    [Description("Sequences in a micro-batch.")]
    [Range(1, 1_000_000)]
    public int PerDeviceTrainBatchSize { get; init; } = 16;

    [Description("Tokens in a sequence; at most the positions that the model has. Default: as many, or 256 where it has no limit.")]
    [Range(2, 1_000_000)]
    public int? ContextLength { get; init; }

    [Description("Micro-batches in an optimizer step.")]
    [Range(1, 1_000_000)]
    public int GradientAccumulationSteps { get; init; } = 1;

    [Description("Steps over which the batch grows evenly from batch_warmup_start sequences to per_device_train_batch_size times gradient_accumulation_steps (Brown et al. 2020). 0: it does not.")]
    [Range(0, 10_000_000)]
    public long BatchWarmupSteps { get; init; }

    [Description("With batch_warmup_steps: sequences of the first step.")]
    [Range(1, 1_000_000_000)]
    public int BatchWarmupStart { get; init; } = 1;

    [Description("LayerDrop (Fan et al. 2020): probability of each layer to be left out of a training pass. BART has keys of its own for it.")]
    [Range(0, 0.9)]
    public double LayerDrop { get; init; }

    [Description("Stochastic depth (Huang et al. 2016): probability of what the last layer adds to be left out of a row of a training pass; of the layers before it evenly less.")]
    [Range(0, 0.9)]
    public double DropPath { get; init; }

    [Description("Mixout (Lee et al. 2020): share of the numbers of the matrices that in each training pass are those of model.from. Needs three more copies of them. 0: none.")]
    [Range(0, 0.99)]
    public double Mixout { get; init; }

    [Description("fp32; bf16 with float32 masters; auto: what this machine multiplies faster.")]
    public PrecisionKind Precision { get; init; } = PrecisionKind.Fp32;

    [Description("Layers keep no activations for the backward pass but compute them anew there (Chen et al. 2016): less memory, more time, the same gradients.")]
    public bool GradientCheckpointing { get; init; }

    [Description("Most memory for weights, gradients, optimizer and activations, as 8GB or 7.5GiB: as few layers as it takes compute their activations anew. Default: no limit.")]
    public string? MaxMemory { get; init; }

    [Description("Longest gradient; longer ones are scaled down.")]
    [Range(0.0001, 1e9)]
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>In a file, `type` names it and the other keys are its options. Default: AdamW.</summary>
    [Description("What the length of a gradient is: l2, l1, infinity.")]
    public NormKind GradNormType { get; init; } = NormKind.L2;

    [Description("Largest absolute value of a gradient's numbers; larger ones are cut, before the norm. Default: any.")]
    [Range(1e-12, 1e9)]
    public double? MaxGradValue { get; init; }

    [Description("Longest gradient of a row as a share of its weights (Brock et al. 2021); longer ones are scaled down, before the norm. Default: any.")]
    [Range(1e-9, 1e9)]
    public double? AdaptiveGradClip { get; init; }

    [Description("Noise of this variance / (1 + step)^0.55 is added to gradients (Neelakantan et al. 2015). Default: none.")]
    [Range(1e-12, 1e6)]
    public double? GradientNoise { get; init; }

    [Description("Measure the gradient noise scale (McCandlish et al. 2018), from the micro-batches of a step.")]
    public bool GradientNoiseScale { get; init; }

    [Description("Exponential moving average of the weights, which is evaluated and saved: share that a step keeps. Default: none.")]
    [Range(0.0, 0.9999999)]
    public double? EmaDecay { get; init; }

    [Description("Step t of ema_decay keeps at most (1 + t) / (10 + t).")]
    public bool EmaWarmup { get; init; }

    [Description("Stochastic weight averaging (Izmailov et al. 2018): steps made before the first weights that count; the mean is evaluated and saved. Default: none.")]
    [Range(0, 1e12)]
    public long? SwaStart { get; init; }

    [Description("With swa_start: steps from one of the weights that count to the next.")]
    [Range(1, 1e12)]
    public long SwaSteps { get; init; } = 1;

    [Description("Moves the parameters.")]
    public RuleOptions Optimizer { get; init; } = new AdamWOptions();

    [Description("Parameters that are trained otherwise than the rest; each belongs to the first group that takes it.")]
    public ParameterGroupList ParameterGroups { get; init; } = ParameterGroupList.Empty;

    /// <summary>In a file, `type` names it and the other keys are its options. Default: nanoGPT's cosine.</summary>
    [Description("Learning rate over time.")]
    public ScheduleOptions LrScheduler { get; init; } = new NanogptCosineOptions();

    [Description("Steps between evaluations.")]
    [Range(1, 1e12)]
    public long EvalSteps { get; init; } = 250;

    [Description("Rows of validation text scored by each evaluation during training; the trained model is scored on all. Default: all.")]
    [Range(1, 1e9)]
    public int? EvalRows { get; init; }

    [Description("Steps between lines of metrics.jsonl.")]
    [Range(1, 1e12)]
    public long LoggingSteps { get; init; } = 10;

    [Description("Steps between checkpoints.")]
    [Range(1, 1e12)]
    public long SaveSteps { get; init; } = 250;

    [Description("Stop after so many evaluations without a better loss. Default: never.")]
    [Range(1, 1e6)]
    public int? EarlyStoppingPatience { get; init; }

    [Description("The least gain, in nats, that early_stopping_patience counts as a better loss.")]
    [Range(0.0, 1e6)]
    public double EarlyStoppingThreshold { get; init; }

    [Description("Score some rows of the training text at each evaluation too, and tell when only they are still learned better.")]
    public bool OverfittingWatch { get; init; } = true;

    [Description("Beginning of the texts that the model writes at each evaluation; empty: from nothing. Default: no texts.")]
    public string? SamplePrompt { get; init; }
}

public enum PrecisionKind
{
    Fp32,
    Bf16,
    Auto,
}

/// <summary>How the trained model writes, when nothing else is said.</summary>
public sealed record GenerationRecipe
{
    [Description("Divides the logits; 0 takes the likeliest token.")]
    [Range(0, 100)]
    public double Temperature { get; init; } = 0.8;

    [Description("Keep the k likeliest tokens; 0 keeps all.")]
    [Range(0, 1_000_000)]
    public int TopK { get; init; }

    [Description("Keep the likeliest tokens whose probabilities reach p.")]
    [Range(0.0001, 1)]
    public double TopP { get; init; } = 0.95;

    [Description("Texts that are followed at once (beam search); 1: one token after the other.")]
    [Range(1, 1000)]
    public int NumBeams { get; init; } = 1;

    [Description("Of beams: above 0 favors longer texts, below 0 shorter ones.")]
    [Range(-100, 100)]
    public double LengthPenalty { get; init; } = 1;

    [Description("Tokens to write at most.")]
    [Range(1, 1_000_000)]
    public int MaxNewTokens { get; init; } = 200;
}
