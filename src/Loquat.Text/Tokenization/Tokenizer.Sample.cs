using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization;

public sealed partial class Tokenizer
{
    /// <summary>
    /// Appends the ids of a text that is cut by chance; otherwise as <see cref="EncodeIds(ReadOnlySpan{char}, List{int})"/>. Added tokens, normalizer and pre-tokenizer
    /// are not left to chance. The same state of <paramref name="random"/> gives the same ids.
    /// </summary>
    /// <param name="random">Where chance comes from; threads must not share one: see <see cref="SubwordSampling.RandomFor"/>.</param>
    /// <exception cref="OptionsException">The model cannot be sampled from, or not with these options.</exception>
    public void SampleIds(ReadOnlySpan<char> text, SubwordSampling sampling, Random random, List<int> ids)
    {
        sampling.CheckFor(this);
        if (sampling.IsOff)
        {
            EncodeIds(text, ids);
            return;
        }
        var tokens = new List<Token>();
        foreach (var (piece, added) in Pieces(WellFormed(text.ToString()), _needsAlignment).Pieces)
        {
            tokens.Clear();
            if (added is { } token) tokens.Add(token);
            else Model.Sample(piece.Text, sampling.Alpha, sampling.NbestSize, random, tokens);
            foreach (var one in tokens) ids.Add(one.Id);
        }
    }

    /// <inheritdoc cref="SampleIds(ReadOnlySpan{char}, SubwordSampling, Random, List{int})"/>
    public List<int> SampleIds(string text, SubwordSampling sampling, Random random)
    {
        var ids = new List<int>();
        SampleIds(text.AsSpan(), sampling, random, ids);
        return ids;
    }

    /// <summary>Encodes a text, or a pair, that is cut by chance, with all there is to tell.</summary>
    /// <param name="random">Where chance comes from; threads must not share one.</param>
    /// <param name="pair">The second text; may be null.</param>
    /// <param name="addSpecialTokens">Whether the post-processor adds its tokens.</param>
    /// <exception cref="OptionsException">The model cannot be sampled from, or not with these options.</exception>
    public TokenEncoding Sample(string text, SubwordSampling sampling, Random random, string? pair = null, bool addSpecialTokens = true)
    {
        sampling.CheckFor(this);
        if (sampling.IsOff) return Encode(text, pair, addSpecialTokens);
        var rows = EncodeUnpadded(text, pair, addSpecialTokens, (_, piece, tokens) => Model.Sample(piece, sampling.Alpha, sampling.NbestSize, random, tokens));
        Components.Padding?.Pad([rows]);
        return new(rows);
    }

    /// <summary>
    /// The most probable encodings of a text by a Unigram model, best first, with their log probabilities: exactly the best, as many as asked for or all there are.
    /// </summary>
    /// <param name="size">1 to <see cref="SubwordSampling.MaxNbestSize"/>. Each encoding holds the whole text: memory grows with size times text.</param>
    /// <param name="addSpecialTokens">Whether the post-processor adds its tokens; they count nothing in the score.</param>
    /// <exception cref="OptionsException">The model is not a Unigram, or the size is out of range.</exception>
    public IReadOnlyList<ScoredEncoding> EncodeNbest(string text, int size, bool addSpecialTokens = true)
    {
        SubwordSampling.CheckNbest(this, size);
        text = WellFormed(text);
        var pieces = Pieces(text, aligned: true).Pieces;
        var ways = pieces.ConvertAll(piece => piece.AddedToken is null ? Model.Nbest(piece.Text.Text, size) : []);
        var encodings = new List<(TokenRows Rows, double Score)>();
        foreach (var (score, change) in Combine(ways, size))
        {
            var changes = new Dictionary<int, int>();
            for (var c = change; c is not null; c = c.Before) changes[c.Word] = c.Way;
            var rows = EncodeSequence(text, pieces, 0, (word, _, tokens) => tokens.AddRange(ways[word][changes.GetValueOrDefault(word)].Tokens));
            encodings.Add((Process(rows, null, addSpecialTokens), score));
        }
        Components.Padding?.Pad([.. encodings.Select(e => e.Rows)]);
        return encodings.ConvertAll(e => new ScoredEncoding(new(e.Rows), e.Score));
    }

    // What a way to cut the text has other than the best: another than the first way to cut a word.
    private sealed record Change(int Word, int Way, Change? Before);

    // The best ways to cut the text from those of its words, word by word: of all pairs of a way up to here and one to cut the next word the best.
    private static List<(double Score, Change? Change)> Combine(List<List<(List<Token> Tokens, double Score)>> words, int size)
    {
        var best = new List<(double Score, Change? Change)> { (0, null) };
        for (var word = 0; word < words.Count; word++)
        {
            var ways = words[word];
            if (ways.Count == 0) continue;
            var found = new List<(double Score, Change? Change)>();
            var queue = new PriorityQueue<(int Before, int Way), double>();
            Offer(0, 0);
            while (found.Count < size && queue.TryDequeue(out var pair, out var lost))
            {
                var (before, way) = pair;
                found.Add((-lost, way == 0 ? best[before].Change : new(word, way, best[before].Change)));
                Offer(before, way + 1);
                if (way == 0) Offer(before + 1, 0);
            }
            best = found;

            void Offer(int before, int way)
            {
                if (before < best.Count && way < ways.Count) queue.Enqueue((before, way), -(best[before].Score + ways[way].Score));
            }
        }
        return best;
    }
}
