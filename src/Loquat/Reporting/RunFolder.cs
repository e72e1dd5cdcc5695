namespace Loquat.Reporting;

/// <summary>Where a run keeps what it made.</summary>
/// <param name="Root">The run's folder.</param>
public sealed record RunFolder(string Root)
{
    /// <summary>The recipe with every default spelled out, versions and machine.</summary>
    public string Recipe => Path.Combine(Root, "recipe.lock.yaml");

    /// <summary>One JSON object a line; see <see cref="MetricsLog"/>.</summary>
    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    /// <summary>TensorBoard event files.</summary>
    public string Events => Path.Combine(Root, "events");

    /// <summary>The loss curve as a picture.</summary>
    public string LossPlot => Path.Combine(Root, "plots", "loss.png");

    /// <summary>Loss over learning rate, where rates were tested.</summary>
    public string LearningRatePlot => Path.Combine(Root, "plots", "learning_rates.png");

    /// <summary>The run as one HTML page.</summary>
    public string Report => Path.Combine(Root, "report.html");

    /// <summary>The best checkpoint on the whole validation text.</summary>
    public string Evaluation => Path.Combine(Root, "evaluation.json");

    /// <summary>Texts that the model wrote while training.</summary>
    public string Samples => Path.Combine(Root, "samples");

    /// <summary>The tokenizer and the tokens of both splits; see <see cref="Text.Datasets.TokenDataset"/>.</summary>
    public string Data => Path.Combine(Root, "data");

    /// <summary>Holds `last`, from which a run resumes, and `best`, the one with the lowest validation loss.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    public string Last => Path.Combine(Checkpoints, "last");

    public string Best => Path.Combine(Checkpoints, "best");

    /// <summary>
    /// The model folder that a path names: the best checkpoint of a run, its last where there is no best, or the folder itself where it holds a `config.json` or an adapter.
    /// </summary>
    /// <exception cref="CheckpointException">It is none of these.</exception>
    public static string ModelOf(string path)
    {
        var run = new RunFolder(path);
        foreach (var folder in (string[])[run.Best, run.Last, path])
        {
            Text.Files.AtomicFolder.Recover(folder);
            if (File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "adapter_config.json"))) return folder;
        }
        throw new CheckpointException(Directory.Exists(path)
            ? $"{path}: holds neither a run with a checkpoint nor a model folder (config.json, model.safetensors, tokenizer.json)."
            : $"{path}: there is no such folder. Give the folder of a run, such as runs/quickstart, or a Hugging Face model folder.");
    }
}
