using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// All ways to cut a text into pieces, each as likely as the sum of its pieces' log probabilities says. Pieces are read from the trie and not kept:
/// memory is a number a byte of text. Immutable; any number of threads may use one.
/// </summary>
/// <param name="scores">By id; negative infinity: never taken.</param>
/// <param name="unknownId">What a character without a piece of its own becomes; -1: text that has one is an error.</param>
internal sealed class UnigramLattice(ByteTrie trie, double[] scores, int unknownId, double unknownScore)
{
    /// <summary>Appends a way to cut, drawn from <paramref name="nbestSize"/> best ones, or below 0 from all, with a probability proportional to exp(alpha · score).</summary>
    public void Sample(ReadOnlySpan<byte> text, double alpha, int nbestSize, Random random, List<Segment> output)
    {
        if (nbestSize < 0) Sample(text, alpha, random, output);
        else output.AddRange(Nbest(text, nbestSize).Draw(alpha, random));
    }

    /// <summary>The most probable ways, best first.</summary>
    public NbestPaths Nbest(ReadOnlySpan<byte> text, int size) => new(this, text, size);

    /// <summary>The pieces that begin at a place.</summary>
    internal PieceEnumerator From(ReadOnlySpan<byte> text, int start) => new(trie, scores, unknownId, unknownScore, text, start);

    // Forward filtering, backward sampling (Kudo 2018, section 3.3) with the directions changed: sums over what follows each place, then pieces drawn from
    // the beginning. The distribution is the same, and no list of the pieces that end at a place is needed.
    private void Sample(ReadOnlySpan<byte> text, double alpha, Random random, List<Segment> output)
    {
        var sums = new double[text.Length + 1]; // log of the sum of exp(alpha * score) over all ways to cut what follows
        Array.Fill(sums, double.NegativeInfinity);
        for (var start = 0; start < text.Length; start += CodePoints.Utf8Length(text[start..])) sums[start] = 0;
        sums[^1] = 0;
        for (var start = text.Length - 1; start >= 0; start--)
        {
            if (double.IsNegativeInfinity(sums[start])) continue; // inside a character
            var (most, sum) = (double.NegativeInfinity, 0.0);
            foreach (var piece in From(text, start))
            {
                var term = alpha * piece.Score + sums[piece.End];
                if (term <= most) sum += Math.Exp(term - most);
                else (most, sum) = (term, sum * Math.Exp(most - term) + 1);
            }
            sums[start] = most + Math.Log(sum);
        }
        for (var start = 0; start < text.Length;)
        {
            var (rest, drawn) = (random.NextDouble(), default(Segment));
            foreach (var piece in From(text, start))
            {
                drawn = new(piece.End - start, piece.Id); // should rounding leave something of `rest`, it is the last
                rest -= Math.Exp(alpha * piece.Score + sums[piece.End] - sums[start]);
                if (rest < 0) break;
            }
            output.Add(drawn);
            start += drawn.Length;
        }
    }

    /// <summary>A piece that begins where the enumerator was asked.</summary>
    internal readonly record struct PieceAt(int End, int Id, double Score);

    /// <summary>Shortest first; last the unknown piece, where the character has none of its own.</summary>
    internal ref struct PieceEnumerator(ByteTrie trie, double[] scores, int unknownId, double unknownScore, ReadOnlySpan<byte> text, int start)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private readonly int _character = start + CodePoints.Utf8Length(text[start..]);
        private int _state;
        private int _end = start;
        private bool _hasCharacter;

        public PieceAt Current { get; private set; }

        public readonly PieceEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_state >= 0 && _end < _text.Length && (_state = trie.Step(_state, _text[_end])) >= 0)
            {
                _end++;
                if (trie.ValueAt(_state) is not (>= 0 and var id) || double.IsNegativeInfinity(scores[id])) continue;
                Current = new(_end, id, scores[id]);
                _hasCharacter |= _end == _character;
                return true;
            }
            if (_hasCharacter) return false;
            if (unknownId < 0) throw new DataException("the text has a character outside the vocabulary, and model.unk_id is null.");
            Current = new(_character, unknownId, unknownScore);
            (_hasCharacter, _state) = (true, -1);
            return true;
        }
    }
}
