namespace Loquat.Planning;

/// <summary>
/// Floating-point operations of the matrix products of one sequence, forward; a multiply-add counts as two and the causal mask is
/// not exploited. Those of a block are for one block.
/// </summary>
public sealed record FlopPlan
{
    public required int Layers { get; init; }

    /// <summary>Tokens in the sequence.</summary>
    public required long Tokens { get; init; }

    /// <summary>Query, key and value projections.</summary>
    public required long QueryKeyValue { get; init; }

    /// <summary>Queries times keys.</summary>
    public required long Scores { get; init; }

    /// <summary>Attention weights times values.</summary>
    public required long Values { get; init; }

    /// <summary>The output projection of attention.</summary>
    public required long Projection { get; init; }

    public required long FeedForward { get; init; }

    /// <summary>Logits.</summary>
    public required long Head { get; init; }

    /// <summary>One block.</summary>
    public long Block => QueryKeyValue + Scores + Values + Projection + FeedForward;

    /// <summary>The whole forward pass.</summary>
    public long Total => Layers * Block + Head;

    /// <summary>Forward and backward: the gradients of inputs and of weights cost as much as the forward pass each.</summary>
    public long Training => 3 * Total;

    /// <summary>Training operations per token.</summary>
    public double TrainingPerToken => 3 * ((double)Layers * Block + Head) / Tokens;
}
