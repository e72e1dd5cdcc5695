using System.Text;

namespace Loquat.Generation;

/// <summary>
/// Watches text that arrives in pieces for the first stop sequence. What might yet become one is held back, so that no part
/// of a stop sequence is ever given out.
/// </summary>
public sealed class StopSequences
{
    private readonly IReadOnlyList<string> _sequences;
    private readonly StringBuilder _held = new();

    /// <param name="sequences">Texts of at least one character; may be none.</param>
    public StopSequences(IReadOnlyList<string> sequences) => _sequences = sequences;

    /// <summary>Whether a stop sequence has arrived; nothing more is given out then.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes a piece of text.</summary>
    /// <returns>The text that can be given out now: all that came before a stop sequence or can no longer be part of one.</returns>
    public string Append(string piece)
    {
        if (Stopped || piece.Length == 0) return "";
        if (_sequences.Count == 0) return piece;
        var text = _held.Append(piece).ToString();
        _held.Clear();
        // A sequence that starts first wins, even when a later one is complete earlier: it may still become whole.
        for (var start = 0; start < text.Length; start++)
        {
            var rest = text.AsSpan(start);
            var waiting = false;
            foreach (var sequence in _sequences)
            {
                if (rest.StartsWith(sequence, StringComparison.Ordinal))
                {
                    Stopped = true;
                    return text[..start];
                }
                waiting |= sequence.AsSpan().StartsWith(rest, StringComparison.Ordinal);
            }
            if (!waiting) continue;
            _held.Append(rest);
            return text[..start];
        }
        return text;
    }

    /// <summary>The text held back at the end of the stream: what it waited for did not come. A sequence that began later may stand in it, whole.</summary>
    public string Flush()
    {
        var rest = Stopped ? "" : _held.ToString();
        _held.Clear();
        var end = rest.Length;
        foreach (var sequence in _sequences)
            if (rest.IndexOf(sequence, StringComparison.Ordinal) is >= 0 and var at) (end, Stopped) = (Math.Min(end, at), true);
        return rest[..end];
    }
}
