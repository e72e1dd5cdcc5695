namespace Loquat.Text.Datasets;

/// <summary>The next place in training data; part of a checkpoint.</summary>
/// <param name="Sequence">Sequences handed out since the start of the run.</param>
public sealed record BatchCursor(long Sequence);

/// <summary>Training data as batches of token sequences, in an order that depends on a seed and the cursor alone.</summary>
public interface ITokenBatches
{
    /// <summary>Tokens in a sequence.</summary>
    int ContextLength { get; }

    /// <summary>Where the next batch begins; setting it resumes.</summary>
    BatchCursor Cursor { get; set; }

    /// <summary>Fills whole sequences: the label of each position is the token after it.</summary>
    /// <param name="inputs">A multiple of <see cref="ContextLength"/>.</param>
    /// <param name="labels">As long as <paramref name="inputs"/>.</param>
    void Next(Span<long> inputs, Span<long> labels);
}
