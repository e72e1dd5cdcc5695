namespace Loquat.Planning;

/// <summary>Parameters by component. Those of a block are for one block.</summary>
public sealed record ParameterPlan
{
    public required int Layers { get; init; }

    public required long TokenEmbedding { get; init; }

    /// <summary>0 with rotary positions.</summary>
    public required long PositionEmbedding { get; init; }

    /// <summary>Query, key, value and output projections of a block.</summary>
    public required long Attention { get; init; }

    /// <summary>Feed-forward matrices of a block.</summary>
    public required long FeedForward { get; init; }

    /// <summary>Gains (and biases) of a block's norms.</summary>
    public required long BlockNorms { get; init; }

    public required long FinalNorm { get; init; }

    /// <summary>0 where the head is the embedding.</summary>
    public required long Head { get; init; }

    /// <summary>Token and position embeddings.</summary>
    public long Embedding => TokenEmbedding + PositionEmbedding;

    /// <summary>One block.</summary>
    public long Block => Attention + FeedForward + BlockNorms;

    public long Total => Embedding + Layers * Block + FinalNorm + Head;

    /// <summary>Without the position embedding, as papers often count.</summary>
    public long WithoutPositions => Total - PositionEmbedding;

    /// <summary>The rows of a table: component, how many of it, parameters of each.</summary>
    public IEnumerable<(string Component, int Count, long Parameters)> Rows()
    {
        yield return ("token embedding", 1, TokenEmbedding);
        if (PositionEmbedding > 0) yield return ("position embedding", 1, PositionEmbedding);
        yield return ("attention", Layers, Attention);
        yield return ("feed-forward", Layers, FeedForward);
        yield return ("norms of a block", Layers, BlockNorms);
        yield return ("final norm", 1, FinalNorm);
        if (Head > 0) yield return ("output head", 1, Head);
    }
}
