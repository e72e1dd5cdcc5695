namespace Loquat.Evaluation;

/// <summary>Scores the requests of many documents, one document at a time. What it gives for one does not depend on which were scored before it.</summary>
public interface ILikelihoodScorer : IDisposable
{
    /// <summary>The documents in the order in which they are best scored: the longest first, so that what does not fit the memory is told at once.</summary>
    IReadOnlyList<int> Order { get; }

    /// <param name="document">Its place among those that the scorer was made for.</param>
    /// <returns>One for each of its requests.</returns>
    IReadOnlyList<LikelihoodScore> Score(int document);
}
