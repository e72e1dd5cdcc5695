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

    /// <summary>Texts that the model wrote while training.</summary>
    public string Samples => Path.Combine(Root, "samples");

    public string Tokenizer => Path.Combine(Root, "tokenizer.json");

    /// <summary>Holds `last`, from which a run resumes, and `best`, the one with the lowest validation loss.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    public string Last => Path.Combine(Checkpoints, "last");

    public string Best => Path.Combine(Checkpoints, "best");
}
