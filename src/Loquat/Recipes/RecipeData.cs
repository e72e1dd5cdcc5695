using Loquat.Corpus.Collection;
using Loquat.Corpus.Conversations;
using Loquat.Corpus.Pairs;
using Loquat.Objectives;
using Loquat.Text.Collection;
using Loquat.Text.Conversations;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Recipes;

/// <summary>The text and tokenizer that a recipe names.</summary>
public static class RecipeData
{
    /// <exception cref="DataException">The path is missing, or what lies there is not text.</exception>
    /// <param name="memory">What an earlier run in the same folder remembers of the text: <see cref="TokenDataset.MemoryOf"/>.</param>
    public static ITextCorpus ToCorpus(this DataRecipe data, string? memory = null, CancellationToken cancellation = default) => data.Path is { } path
        ? new FileTextCorpus(path, data.ValidationFraction, data.Split, memory, new TextFileSelection(data.Include, data.Exclude), new SourceFiles(), cancellation)
        : new StoryTextCorpus(data.StorySeed, (long)(data.StoryMegabytes * 1e6), data.ValidationFraction);

    /// <summary>The text, the pairs of texts, or the conversations that the objective is made of.</summary>
    /// <inheritdoc cref="ToCorpus(DataRecipe, string?, CancellationToken)"/>
    public static ITextCorpus ToCorpus(this Recipe recipe, string? memory = null, CancellationToken cancellation = default) => recipe switch
    {
        { Objective.ReadsPairs: true, Data: { Path: { } path } data } =>
            new PairTextCorpus(data.Pairs(path, data.TargetPath), data.ValidationPath is { } validation ? data.Pairs(validation, data.ValidationTargetPath) : null, data.ValidationFraction, cancellation),
        { Objective: ConversationOptions talks, Data: { Path: { } path } data } => new ConversationCorpus(path, data.ValidationPath, data.ValidationFraction, talks.Prefers, cancellation),
        _ => recipe.Data.ToCorpus(memory, cancellation),
    };

    private static PairFiles Pairs(this DataRecipe data, string path, string? target) => new(path) { TargetPath = target, SourceColumn = data.SourceColumn, TargetColumn = data.TargetColumn };

    /// <summary>The tokenizer, with the special tokens that the objective needs where it is learned.</summary>
    public static TokenizerChoice ToChoice(this Recipe recipe) => new()
    {
        Kind = recipe.Tokenizer.Type,
        VocabSize = recipe.Tokenizer.VocabSize,
        Path = recipe.Tokenizer.Path,
        SpecialTokens = recipe.Tokenizer.Path is null ? recipe.Objective.SpecialTokens : [],
        EndsTexts = recipe.Objective.ReadsPairs,
        Documents = recipe.Objective is ConversationOptions talks ? recipe.Documents(talks) : null,
        SamplingPasses = recipe.Tokenizer.Sampling.Passes,
        Sampling = new() { Alpha = recipe.Tokenizer.Sampling.Alpha, NbestSize = recipe.Tokenizer.Sampling.NbestSize },
    };

    /// <summary>Conversations in the form that the recipe asks for, or that of the folder of its tokenizer.</summary>
    private static ConversationDocuments Documents(this Recipe recipe, ConversationOptions options)
    {
        var config = recipe.Tokenizer.Path is { } path && (Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))) is { } folder && Directory.Exists(folder) ? TokenizerConfig.Load(folder) : null;
        return new(ChatForm.Choose(options.ChatTemplate, config), config, options.Part);
    }

    /// <summary>The recipe with the places of its text, tokenizer and first weights spelled out, so that it means the same from every folder.</summary>
    public static Recipe WithAbsolutePaths(this Recipe recipe) => recipe with
    {
        Data = recipe.Data with { Path = Absolute(recipe.Data.Path), TargetPath = Absolute(recipe.Data.TargetPath), ValidationTargetPath = Absolute(recipe.Data.ValidationTargetPath), ValidationPath = Absolute(recipe.Data.ValidationPath), TestPath = Absolute(recipe.Data.TestPath), Tokens = Absolute(recipe.Data.Tokens) },
        Tokenizer = recipe.Tokenizer with { Path = Absolute(recipe.Tokenizer.Path) },
        Model = recipe.Model with { From = Absolute(recipe.Model.From) },
        Distillation = recipe.Distillation is { } distillation ? distillation with { Teacher = Absolute(distillation.Teacher)! } : null,
    };

    private static string? Absolute(string? path) => string.IsNullOrEmpty(path) ? path : Path.GetFullPath(path);

    /// <summary>What the objective makes of the training text, in the order that the recipe asks for.</summary>
    /// <exception cref="DataException">The text is shorter than one sequence, or is no pairs.</exception>
    public static ITrainingBatches ToBatches(this Recipe recipe, TokenShard training, TextObjective objective) =>
        objective.Batches(training, length => recipe.ToBatches(training, length), recipe.Training.PerDeviceTrainBatchSize, recipe.Seed);

    /// <summary>Training sequences in the order that the recipe asks for.</summary>
    /// <exception cref="DataException">The text is shorter than one sequence.</exception>
    /// <param name="length">Tokens of text in a sequence.</param>
    public static ITokenBatches ToBatches(this Recipe recipe, TokenShard training, int length) => recipe.Data.Sampling switch
    {
        SamplingKind.Windows => new WindowBatches(training, length, recipe.Seed),
        SamplingKind.Documents => new DocumentBatches(training, length, recipe.Seed),
        _ => new PackedBatches(training, length, recipe.Seed),
    };
}
