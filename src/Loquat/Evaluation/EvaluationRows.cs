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
    private readonly IReadOnlyList<int> _beginning = [];

    /// <param name="token">The token at a position of the text.</param>
    /// <param name="documentEnds">Position after each document's last token (its end-of-text token included), ascending.</param>
    /// <param name="contextLength">Tokens in a row.</param>
    /// <param name="endOfText">
    /// The token that ends each document and so precedes the next; the first document is scored as if one preceded it. Null: the
    /// text has none, and its very first token is not predicted.
    /// </param>
    /// <param name="beginning">
    /// Tokens that the tokenizer puts before every text: each row begins with them, in place of the token before it. Where the last of them ends documents too, or there are none, a row
    /// begins with the token before it.
    /// </param>
    /// <exception cref="OptionsException">The length is not positive, or leaves no room beside the beginning.</exception>
    public EvaluationRows(Func<long, int> token, IReadOnlyList<long> documentEnds, int contextLength, int? endOfText, IReadOnlyList<int>? beginning = null)
    {
        if (contextLength < 1) throw new OptionsException($"a row of {contextLength} tokens cannot be scored; it needs 1 or more.");
        if (beginning is { Count: > 0 } && beginning[^1] != endOfText) _beginning = beginning;
        if (contextLength < _beginning.Count) throw new OptionsException($"a row of {contextLength} tokens has no room for the {_beginning.Count} that begin every text.");
        (_token, _endOfText, ContextLength) = (token, endOfText, contextLength);
        contextLength -= Lead;
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

    /// <summary>Tokens of a row's beginning that predict another of it.</summary>
    private int Lead => Math.Max(0, _beginning.Count - 1);

    /// <summary>Tokens that count.</summary>
    public long Tokens => _rows.Sum(r => (long)r.Length) - (StartsFromNothing && Count > 0 ? 1 : 0);

    private bool StartsFromNothing => _endOfText is null && _beginning.Count == 0;

    /// <summary>Writes one row: each position's input is the token before its label.</summary>
    /// <param name="inputs">Length <see cref="ContextLength"/>.</param>
    /// <param name="labels">Length <see cref="ContextLength"/>; <see cref="Ignored"/> after the row's end.</param>
    public void Fill(int row, Span<long> inputs, Span<long> labels)
    {
        var (start, length) = _rows[row];
        for (var i = 0; i < ContextLength; i++)
        {
            var at = i - Lead;
            if (at < 0 || at >= length)
            {
                (inputs[i], labels[i]) = (at < 0 ? _beginning[i] : _token(start), Ignored);
                continue;
            }
            var first = start + at == 0;
            inputs[i] = at == 0 && _beginning.Count > 0 ? _beginning[^1] : first ? _endOfText ?? _token(0) : _token(start + at - 1);
            labels[i] = first && StartsFromNothing ? Ignored : _token(start + at);
        }
    }
}
