using Loquat.Text.Tokenization.Counting;

namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>
/// The merge loop of BPE training. A token covers neighbouring places of the symbol array, and its id stands at the first and the last of them, so that
/// either neighbour is found without links. One pass over a pair's places gathers what changes by neighbour; the tables are touched once a neighbour.
/// </summary>
internal sealed class PairMerger
{
    private const int Inside = -2;

    private readonly BpeTrainerOptions _options;
    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly WordCounts _words;
    private readonly int[] _symbols;
    private readonly int[] _wordOf;
    private readonly int[] _lengths;
    private readonly PairTable _pairs = new();
    private readonly PairHeap _heap = new();
    private readonly Neighbors _before;
    private readonly Neighbors _behind;
    private readonly List<(int Left, int Right)> _merges = [];
    private long _threshold;
    private int[] _scratch = [];

    public PairMerger(SymbolWords words, BpeTrainerOptions options)
    {
        (_options, _tokens, _words, _symbols, _wordOf) = (options, words.Tokens, words.Words, words.Symbols, words.WordOf);
        var most = Math.Max(options.VocabSize, _tokens.Count);
        _lengths = new int[most];
        // A special token has no length until a merge forms its text; characters that may also be special have one.
        for (var id = 0; id < _tokens.Count; id++) _ids.Add(_tokens[id], id);
        foreach (var symbol in _symbols)
            if (symbol >= 0) _lengths[symbol] = 1;
        (_before, _behind) = (new(most), new(most));
    }

    /// <summary>Merges until the vocabulary is full or no pair is frequent enough; the vocabulary grows in place.</summary>
    /// <returns>The merges in the order of their ranks.</returns>
    public List<(int Left, int Right)> Run(CancellationToken cancellation)
    {
        CountPairs();
        var least = Math.Max(1, _options.MinFrequency);
        while (_tokens.Count < _options.VocabSize && NextPair(least, out var pair))
        {
            if (_merges.Count % 64 == 0) cancellation.ThrowIfCancellationRequested();
            var (left, right) = (_pairs[pair].Left, _pairs[pair].Right);
            var prefix = _options.ContinuingSubwordPrefix;
            var tail = prefix.Length > 0 && _tokens[right].StartsWith(prefix, StringComparison.Ordinal) ? _tokens[right][prefix.Length..] : _tokens[right];
            var text = _tokens[left] + tail;
            var length = _lengths[left] + _lengths[right];
            if (!_ids.TryGetValue(text, out var token))
            {
                token = _tokens.Count;
                _ids.Add(text, token);
                _tokens.Add(text);
                _lengths[token] = length;
            }
            else if (_lengths[token] == 0)
            {
                _lengths[token] = length;
            }
            var places = _pairs.TakePlaces(pair, ref _scratch);
            // Two texts of different numbers of symbols can only be equal where the text itself spells a prefix or suffix: such a pair stays apart.
            if (_lengths[token] != length) continue;
            if (_pairs[pair].MergedAs is var earlier and >= 0) _merges[earlier] = (-1, -1);
            _pairs[pair].MergedAs = _merges.Count;
            _merges.Add((left, right));
            Merge(left, right, token, places);
        }
        _merges.RemoveAll(m => m.Left < 0);
        return _merges;
    }

    private void CountPairs()
    {
        var pairAt = new int[_symbols.Length];
        var lengths = new List<int>();
        for (var at = 1; at + 1 < _symbols.Length; at++)
        {
            if (_symbols[at] < 0 || _symbols[at + 1] < 0)
            {
                pairAt[at] = -1;
                continue;
            }
            var pair = pairAt[at] = _pairs.FindOrAdd(_symbols[at], _symbols[at + 1]);
            _pairs[pair].Count += _words.Frequency(_wordOf[at]);
            if (pair == lengths.Count) lengths.Add(0);
            lengths[pair]++;
        }
        var starts = new int[lengths.Count + 1];
        for (var pair = 0; pair < lengths.Count; pair++) starts[pair + 1] = starts[pair] + lengths[pair];
        var places = new int[starts[^1]];
        for (var pair = 0; pair < lengths.Count; pair++) _pairs.AddPlaces(pair, places, starts[pair], lengths[pair]);
        for (var at = 1; at + 1 < _symbols.Length; at++)
            if (pairAt[at] >= 0) places[starts[pairAt[at]]++] = at;
        _threshold = long.MaxValue;
    }

    /// <summary>The most frequent pair. The heap holds the pairs above a threshold only; when it runs dry, the threshold falls and the table is read again.</summary>
    private bool NextPair(long least, out int pair)
    {
        while (true)
        {
            while (_heap.Count > 0)
            {
                var top = _heap.Pop();
                ref var found = ref _pairs[top.Pair];
                if (found.Queued != top.Count) continue;
                found.Queued = 0;
                pair = top.Pair;
                if (found.Count == top.Count) return true;
                if (found.Count >= _threshold) Push(top.Pair);
            }
            if (_threshold <= least)
            {
                pair = -1;
                return false;
            }
            Lower(least);
        }
    }

    private void Lower(long least)
    {
        var most = 0L;
        for (var index = 0; index < _pairs.Count; index++)
            if (_pairs[index].Places != 0) most = Math.Max(most, _pairs[index].Count);
        _threshold = Math.Max(least, most / 8);
        for (var index = 0; index < _pairs.Count; index++)
            if (_pairs[index].Places != 0 && _pairs[index].Count >= _threshold) Push(index);
    }

    private void Push(int index)
    {
        ref var pair = ref _pairs[index];
        pair.Queued = pair.Count;
        _heap.Push(new(pair.Count, ((long)pair.Left << 32) | (uint)pair.Right, index));
    }

    private void Merge(int left, int right, int token, ReadOnlySpan<int> places)
    {
        int leftLength = _lengths[left], length = _lengths[token];
        foreach (var at in places)
        {
            var middle = at + leftLength;
            // A place is stale where either side has merged since.
            if (_symbols[at] != left || _symbols[middle] != right) continue;
            var end = at + length;
            var weight = _words.Frequency(_wordOf[at]);
            if (middle - 1 != at) _symbols[middle - 1] = Inside;
            if (middle != end - 1) _symbols[middle] = Inside;
            _symbols[at] = _symbols[end - 1] = token;
            if (_symbols[at - 1] is var before and >= 0) _before.Add(before, weight, at - _lengths[before], Fits(before, length));
            if (_symbols[end] is var behind and >= 0) _behind.Add(behind, weight, at, Fits(behind, length));
        }
        // What grew first: a neighbour may itself be a token of this merge, so that a pair grows and shrinks.
        foreach (var id in _before.Ids)
            if (_before.Placed[id] > 0) Grow(_before, id, _pairs.FindOrAdd(id, token));
        foreach (var id in _behind.Ids)
            if (_behind.Placed[id] > 0) Grow(_behind, id, _pairs.FindOrAdd(token, id));
        foreach (var id in _before.Ids) Shrink(_before, id, _pairs.Find(id, left));
        foreach (var id in _behind.Ids) Shrink(_behind, id, _pairs.Find(right, id));
        foreach (var id in _before.Ids) Offer(_before, id);
        foreach (var id in _behind.Ids) Offer(_behind, id);
        _before.Clear();
        _behind.Clear();
    }

    private bool Fits(int neighbor, int length) => _options.MaxTokenLength is not { } most || _lengths[neighbor] + length < most;

    private void Grow(Neighbors side, int id, int pair)
    {
        side.Pair[id] = pair;
        _pairs[pair].Count += side.Gain[id];
        side.Fill(id, _pairs.AddPlaces(pair, side.Placed[id]));
    }

    private void Shrink(Neighbors side, int id, int pair)
    {
        if (pair >= 0) _pairs[pair].Count -= side.Loss[id];
    }

    private void Offer(Neighbors side, int id)
    {
        if (side.Placed[id] == 0) return;
        ref var pair = ref _pairs[side.Pair[id]];
        if (pair.Count >= _threshold && pair.Queued != pair.Count) Push(side.Pair[id]);
    }
}
