namespace Loquat.Evaluation;

/// <summary>
/// A text cut into rows for scoring, so that every token counts exactly once. A row begins where a document begins and
/// holds as many whole documents as fit, so that no document loses its beginning; a document longer than a row is cut
/// into rows that do not overlap.
/// </summary>
public sealed class EvaluationRows
{
    /// <summary>The label of a position that does not count.</summary>
    public const long Ignored = -100;

    private readonly List<(long Start, int Length)> _rows = [];
    private readonly Func<long, int> _token;
    private readonly int? _endOfText;

    /// <param name="token">The token at a position of the text.</param>
    /// <param name="documentEnds">Position after each document's last token (its end-of-text token included), ascending.</param>
    /// <param name="contextLength">Tokens in a row.</param>
    /// <param name="endOfText">
    /// The token that ends each document and so precedes the next; the first document is scored as if one preceded it. Null: the
    /// text has none, and its very first token is not predicted.
    /// </param>
    /// <exception cref="OptionsException">The length is not positive.</exception>
    public EvaluationRows(Func<long, int> token, IReadOnlyList<long> documentEnds, int contextLength, int? endOfText)
    {
        if (contextLength < 1) throw new OptionsException($"a row of {contextLength} tokens cannot be scored; it needs 1 or more.");
        (_token, _endOfText, ContextLength) = (token, endOfText, contextLength);
        long rowStart = 0, start = 0;
        foreach (var end in documentEnds)
        {
            if (end - rowStart > contextLength && start > rowStart)
            {
                _rows.Add((rowStart, (int)(start - rowStart)));
                rowStart = start;
            }
            for (; end - rowStart > contextLength; rowStart += contextLength) _rows.Add((rowStart, contextLength));
            start = end;
        }
        if (start > rowStart) _rows.Add((rowStart, (int)(start - rowStart)));
    }

    public int ContextLength { get; }

    public int Count => _rows.Count;

    /// <summary>Tokens that count.</summary>
    public long Tokens => _rows.Sum(r => (long)r.Length) - (_endOfText is null && Count > 0 ? 1 : 0);

    /// <summary>Writes one row: each position's input is the token before its label.</summary>
    /// <param name="inputs">Length <see cref="ContextLength"/>.</param>
    /// <param name="labels">Length <see cref="ContextLength"/>; <see cref="Ignored"/> after the row's end.</param>
    public void Fill(int row, Span<long> inputs, Span<long> labels)
    {
        var (start, length) = _rows[row];
        for (var i = 0; i < ContextLength; i++)
        {
            if (i >= length)
            {
                inputs[i] = _token(start);
                labels[i] = Ignored;
                continue;
            }
            var first = start + i == 0;
            inputs[i] = first ? _endOfText ?? _token(0) : _token(start + i - 1);
            labels[i] = first && _endOfText is null ? Ignored : _token(start + i);
        }
    }
}
