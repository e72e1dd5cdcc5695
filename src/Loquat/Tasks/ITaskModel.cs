namespace Loquat.Tasks;

/// <summary>How likely a text is behind a prompt.</summary>
/// <param name="LogProbability">In nats.</param>
/// <param name="Tokens">Tokens that were scored.</param>
/// <param name="IsGreedy">Whether it is what the model would write.</param>
public readonly record struct TextScore(double LogProbability, int Tokens, bool IsGreedy);

/// <summary>Scores the texts of many documents, one document at a time. What it gives for one does not depend on which were scored before it.</summary>
public interface ITaskScorer : IDisposable
{
    /// <summary>The documents in the order in which they are best scored.</summary>
    IReadOnlyList<int> Order { get; }

    /// <param name="document">Its place among those that the scorer was made for.</param>
    /// <returns>One for each of its pairs.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IReadOnlyList<TextScore> Score(int document, CancellationToken cancellation);
}

/// <summary>What tasks ask of a model.</summary>
public interface ITaskModel
{
    /// <summary>What reports call it.</summary>
    string Name { get; }

    /// <summary>Changes when the model does: by it a log knows whose answers it holds.</summary>
    string Fingerprint { get; }

    /// <summary>The tasks that it can be asked: a model behind a chat interface only writes.</summary>
    IReadOnlyList<TaskKind> Kinds { get; }

    /// <param name="kind">Of a perplexity task each document is one pair without a prompt, a text of any length.</param>
    /// <param name="documents">The pairs of a prompt and what follows it, of all documents.</param>
    /// <param name="shared">What the prompts of most documents begin with, such as examples; it may be empty.</param>
    /// <exception cref="OptionsException">The model does not score texts, or one of them is too long for it; the message begins with the record's number where it is one's fault.</exception>
    ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared);

    /// <summary>Writes a text behind a prompt.</summary>
    /// <param name="sample">The number of the text, where several are asked for.</param>
    string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation);
}
