namespace Loquat.Tasks;

/// <summary>What a model made of a document.</summary>
public sealed record TaskScore
{
    /// <summary>The log-probability of each request in nats.</summary>
    public IReadOnlyList<double> LogProbabilities { get; init; } = [];

    /// <summary>The tokens of each request that were scored.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>Whether each request is what the model would write.</summary>
    public IReadOnlyList<bool> Greedy { get; init; } = [];

    /// <summary>What the model wrote, one for each sample.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];
}
