using Loquat.Checkpoints;
using Loquat.FineTuning.Examples;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Tokenization;

namespace Loquat.FineTuning;

/// <summary>
/// A model that was trained for a task, with its tokenizer, from the folder of a run or a Hugging Face model folder: <c>classifier.Predict("a fine film").Label</c>.
/// Safe to use from several threads.
/// </summary>
public sealed class TextClassifier : IDisposable
{
    private readonly FineTuningTask _task;
    private readonly EncoderModel _model;
    private readonly RowEncoder _encoder;
    private readonly Lock _gate = new();

    private TextClassifier(FineTuningTask task, TaskOptions options, EncoderModel model, RowEncoder encoder) => (_task, Options, _model, _encoder) = (task, options, model, encoder);

    /// <summary>What it was trained for, and how its examples are read.</summary>
    public TaskOptions Options { get; }

    /// <summary>Names of the classes, in the model's order.</summary>
    public IReadOnlyList<string> Labels => _model.Config.Labels;

    /// <summary>The model.</summary>
    public EncoderModel Model => _model;

    /// <summary>The task that it was trained for.</summary>
    public FineTuningTask Task => _task;

    /// <summary>Texts whose end was cut off, being longer than the model, since it was loaded.</summary>
    public int Cut => _encoder.Cut;

    /// <summary>Reads a model.</summary>
    /// <param name="path">The folder of a run, whose best checkpoint is taken, or a model folder.</param>
    /// <param name="placement">Where it lives. Default: the processor, or CUDA where there is one.</param>
    /// <exception cref="CheckpointException">There is no model, or a file is damaged.</exception>
    /// <exception cref="OptionsException">The model was not trained for a task.</exception>
    public static TextClassifier Load(string path, Placement? placement = null, CancellationToken cancellation = default)
    {
        var folder = RunFolder.ModelOf(path);
        if (ModelFolder.ReadConfig(folder) is not EncoderConfig config) throw new OptionsException($"{path}: this model is no encoder with a head for a task. Train one: loquat finetune.");
        // A run knows the options that its task was learned with.
        var options = File.Exists(new RunFolder(path).Recipe) ? RecipeFile.Load(new RunFolder(path).Recipe).Objective as TaskOptions : null;
        var task = options?.Of(config) ?? KnownTasks.Of(config, path);
        var tokenizer = Tokenizer.Load(folder);
        var model = ModelFolder.Load<EncoderModel>(folder, placement ?? Placement.Of(), cancellation);
        return new(task, options ?? KnownTasks.All.First(known => known.Of(config) is not null), model, new RowEncoder(tokenizer, model.Config, model.Config.ContextLength));
    }

    /// <summary>What the model says of a text, or of a pair of texts.</summary>
    public Prediction Predict(string text, string? pair = null) => Predict([new Example { Text = text, Pair = pair, Place = "the text" }])[0];

    /// <summary>What the model says of each text, in their order.</summary>
    /// <inheritdoc cref="Predict(IReadOnlyList{Example}, int, Action{int, int}?, CancellationToken)"/>
    public IReadOnlyList<Prediction> Predict(IReadOnlyList<string> texts, int batchSize = 32, Action<int, int>? progress = null, CancellationToken cancellation = default) =>
        Predict([.. texts.Select((text, i) => new Example { Text = text, Place = $"text {i + 1}" })], batchSize, progress, cancellation);

    /// <summary>What the model says of each example, in their order.</summary>
    /// <param name="batchSize">Rows at once; speed and memory only.</param>
    /// <param name="progress">Told rows done and all, at the start and after each batch.</param>
    /// <exception cref="OperationCanceledException">Cancelled between two batches.</exception>
    public IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, int batchSize = 32, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        if (examples.Count == 0) return [];
        IReadOnlyList<TaskRow> rows;
        lock (_gate) rows = _task.Encode([.. examples.Select(example => example with { Label = null })], _encoder);
        return _task.Predict(examples, rows, EncoderPass.Logits(_model, rows, batchSize, progress, cancellation));
    }

    /// <summary>How good it is on labeled examples.</summary>
    /// <exception cref="DataException">A label is not one that the model knows.</exception>
    public TaskResult Evaluate(IReadOnlyList<Example> examples, int batchSize = 32, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        IReadOnlyList<TaskRow> rows;
        lock (_gate) rows = _task.Encode(examples, _encoder);
        return _task.Result(examples, rows, EncoderPass.Logits(_model, rows, batchSize, progress, cancellation));
    }

    public void Dispose() => _model.Dispose();
}
