using Loquat.Text.Datasets;

namespace Loquat.Objectives;

/// <summary>What a run trains on, batch by batch, in an order that depends on a seed and the cursor alone.</summary>
public interface ITrainingBatches
{
    /// <summary>Where the next batch begins; setting it resumes.</summary>
    BatchCursor Cursor { get; set; }

    /// <summary>Tokens handed out since the start of the run.</summary>
    long TokensSeen { get; }

    /// <summary>The next micro-batch.</summary>
    /// <param name="rows">Its rows; the last one of an epoch of examples may have fewer.</param>
    TokenBatch Next(int rows);
}

/// <summary>Running text, as an objective makes batches of it.</summary>
public sealed class TextBatches : ITrainingBatches
{
    private readonly TextObjective _objective;
    private readonly ITokenBatches _batches;
    private long[] _text = [], _next = [];

    /// <exception cref="OptionsException">The sequences are not of the length that the objective is made for.</exception>
    public TextBatches(TextObjective objective, ITokenBatches batches)
    {
        (_objective, _batches) = (objective, batches);
        if (batches.ContextLength != objective.TextTokens)
            throw new OptionsException($"the batches have sequences of {batches.ContextLength} tokens; the objective makes each of {objective.TextTokens}.");
    }

    public BatchCursor Cursor
    {
        get => _batches.Cursor;
        set => _batches.Cursor = value;
    }

    public long TokensSeen => Cursor.Sequence * _objective.TextTokens;

    public TokenBatch Next(int rows)
    {
        var length = rows * _objective.TextTokens;
        if (_text.Length != length) (_text, _next) = (new long[length], new long[length]);
        var place = Cursor.Sequence;
        _batches.Next(_text, _next);
        return _objective.Make(_text, _next, place);
    }
}
