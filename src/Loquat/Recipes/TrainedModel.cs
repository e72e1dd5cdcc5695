using Loquat.Checkpoints;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Reporting;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Recipes;

/// <summary>
/// A model with its tokenizer and the way it writes, from the folder of a run or a Hugging Face model folder. Any number of texts may be written at once.
/// </summary>
public sealed class TrainedModel : IDisposable
{
    private TrainedModel(string folder, CausalModel model, Tokenizer tokenizer, SamplingOptions defaults) =>
        (Folder, Model, Tokenizer, Defaults) = (folder, model, tokenizer, defaults);

    /// <summary>The model folder that was read: of a run, that of its best checkpoint.</summary>
    public string Folder { get; }

    public CausalModel Model { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>How it writes when nothing else is said.</summary>
    public SamplingOptions Defaults { get; }

    /// <summary>Reads a model.</summary>
    /// <param name="path">The folder of a run, whose best checkpoint is taken, or a model folder.</param>
    /// <param name="placement">Where it lives. Default: <see cref="Placement.Of"/>.</param>
    /// <param name="adapters">Folders of adapters, or runs that trained one, to put on it one behind the other. Default: none.</param>
    /// <exception cref="CheckpointException">There is no model, a file is damaged, or the tokenizer is another model's.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="MachineException">libtorch is not found or cannot be loaded.</exception>
    public static TrainedModel Load(string path, Placement? placement = null, IReadOnlyList<string>? adapters = null, CancellationToken cancellation = default)
    {
        var folder = RunFolder.ModelOf(path);
        var tokenizer = Tokenizer.Load(folder);
        var model = ModelFolder.Load<CausalModel>(folder, placement ?? Placement.Of(), cancellation);
        try
        {
            model.AddAdapters(adapters ?? []);
            return new(folder, model, tokenizer, DefaultsOf(path));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>How the model of a folder writes when nothing else is said: as the recipe of its run says, or the folder's own `generation_config.json`.</summary>
    public static SamplingOptions DefaultsOf(string path) => File.Exists(new RunFolder(path).Recipe)
        ? RecipeFile.Load(new RunFolder(path).Recipe).Generation.ToOptions()
        : GenerationConfig.Read(RunFolder.ModelOf(path), new GenerationRecipe().ToOptions()).Options;

    /// <summary>The continuation of a text as it is written, in whole characters.</summary>
    /// <param name="prompt">May be empty: the model then starts a text of its own.</param>
    /// <param name="options">Default: <see cref="Defaults"/>.</param>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public IEnumerable<string> Stream(string prompt = "", SamplingOptions? options = null, CancellationToken cancellation = default) =>
        new TextGenerator(Model, Tokenizer).Stream(prompt, options ?? Defaults, cancellation);

    /// <summary>As <see cref="Stream"/>, without holding the caller.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="Stream"/>
    public IAsyncEnumerable<string> StreamAsync(string prompt = "", SamplingOptions? options = null, CancellationToken cancellation = default) =>
        new TextGenerator(Model, Tokenizer).StreamAsync(prompt, options ?? Defaults, cancellation);

    /// <summary>The whole continuation.</summary>
    /// <inheritdoc cref="Stream"/>
    public string Generate(string prompt = "", SamplingOptions? options = null, CancellationToken cancellation = default) => string.Concat(Stream(prompt, options, cancellation));

    /// <summary>Talks with the model through the chat template of its folder. The client uses this model and does not own it.</summary>
    /// <param name="template">Default: that of the folder (`chat_template.jinja` or `tokenizer_config.json`).</param>
    /// <param name="defaults">What holds where a request does not say. Default: <see cref="Defaults"/>.</param>
    /// <exception cref="DataException">The folder has no chat template: the model was not trained on conversations.</exception>
    public CausalChatClient AsChatClient(ChatTemplate? template = null, SamplingOptions? defaults = null)
    {
        var config = TokenizerConfig.Load(Folder);
        if (template is null && config.ChatTemplates.Count == 0)
        {
            throw new DataException($"{Folder}: there is no chat template (chat_template.jinja, or chat_template in tokenizer_config.json), so the form of conversations that this model knows is not known. " +
                "Put the template there or give one; a model that was not trained on conversations continues texts: Stream.");
        }
        return new(Model, Tokenizer, template ?? config.GetChatTemplate(), config.TemplateVariables, defaults ?? Defaults, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder))));
    }

    public void Dispose() => Model.Dispose();
}
