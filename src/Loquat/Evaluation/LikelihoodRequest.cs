namespace Loquat.Evaluation;

/// <summary>A text of which a model is asked how likely it is behind another.</summary>
/// <param name="Context">What stands before; at least one token. Where both are longer than the model's positions, its beginning does not count.</param>
/// <param name="Continuation">What is scored; at least one token, and no more than the model's positions.</param>
public sealed record LikelihoodRequest(IReadOnlyList<int> Context, IReadOnlyList<int> Continuation);

/// <summary>How likely a text is.</summary>
/// <param name="Tokens">The log-probability of each token in nats.</param>
/// <param name="IsGreedy">Whether each token is the likeliest one at its place.</param>
public sealed record LikelihoodScore(IReadOnlyList<double> Tokens, bool IsGreedy)
{
    /// <summary>The log-probability of the whole, in nats.</summary>
    public double LogProbability { get; } = Tokens.Sum();
}
