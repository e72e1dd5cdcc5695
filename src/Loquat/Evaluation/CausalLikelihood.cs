using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Evaluation;

/// <summary>
/// Log-likelihoods by a causal model. The requests of a document are read in one row: what their texts have in common once, then what differs, side by side, no part seeing another. What many
/// documents begin with is read once and kept. There is no padding, and a document is never computed together with another: its scores are the same bits in whatever order and however many there are.
/// </summary>
public sealed class CausalLikelihood : ILikelihoodScorer
{
    /// <summary>A beginning that all documents share is kept only where it is longer than a few tokens.</summary>
    private const int ShortestPrefix = 16;

    private readonly CausalModel _model;
    private readonly Sequence[][] _documents;
    private readonly bool _keepsKeys;
    private readonly int[] _shared = [];
    private ModelCache? _cache;

    /// <param name="documents">The requests of each document.</param>
    /// <param name="shared">What most contexts begin with, such as examples; none: nothing. It changes the time alone.</param>
    /// <exception cref="OptionsException">A request has no tokens, tokens that are not in the vocabulary, or a continuation that is longer than the model's positions.</exception>
    public CausalLikelihood(CausalModel model, IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents, IReadOnlyList<int>? shared = null)
    {
        _model = model;
        _documents = [.. documents.Select(d => d.Select(r => Sequence.Of(r, model.Positions)).ToArray())];
        Order = [.. Enumerable.Range(0, documents.Count).OrderByDescending(i => _documents[i].Sum(s => s.Inputs.Length))];
        using var cache = model.NewCache(1, 1);
        _keepsKeys = cache is KvCache;
        if (_keepsKeys && shared is not null && shared.Count <= model.Positions) _shared = [.. shared];
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Order { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LikelihoodScore> Score(int document)
    {
        var sequences = _documents[document];
        if (sequences.Length == 0) return [];
        using var guard = inference_mode();
        // Where the rotation changes with the length, and where a state cannot go back, texts are read whole.
        var regimes = sequences.Select(s => _model.PositionRegime(s.Inputs.Length)).Distinct().ToList();
        if (!_keepsKeys || regimes.Count > 1) return [.. sequences.Select(Whole)];
        var (trunk, prefix) = (Trunk(sequences), _shared.Length > 0 && _model.PositionRegime(_shared.Length) == regimes[0] ? Kept(sequences) : 0);
        var together = sequences.Sum(s => (long)s.Inputs.Length - trunk) + trunk - prefix;
        // Texts without a common beginning win nothing side by side, and a very long row costs more attention than it saves.
        return trunk > prefix && together <= 2L * _model.Positions ? Branched(sequences, prefix) : [.. sequences.SelectMany(s => Branched([s], prefix))];
    }

    public void Dispose() => _cache?.Dispose();

    private LikelihoodScore Whole(Sequence sequence)
    {
        using var scope = NewDisposeScope();
        var hidden = _model.Hidden(Ids(sequence.Inputs), new ForwardContext());                         // (1, T, E)
        return Scores([sequence], [[.. Enumerable.Range(sequence.First, sequence.Targets.Length)]], hidden)[0];
    }

    private List<LikelihoodScore> Branched(Sequence[] sequences, int prefix)
    {
        using var scope = NewDisposeScope();
        var trunk = Trunk(sequences);
        List<int> ids = [.. sequences[0].Inputs[prefix..trunk]];
        List<long> positions = [.. Enumerable.Range(prefix, trunk - prefix).Select(i => (long)i)], branches = [.. Enumerable.Repeat(-1L, ids.Count)];
        var rows = new List<int[]>();
        for (var i = 0; i < sequences.Length; i++)
        {
            var (inputs, begin) = (sequences[i].Inputs, ids.Count);
            rows.Add([.. Enumerable.Range(sequences[i].First, sequences[i].Targets.Length).Select(at => at < trunk ? at - prefix : begin + at - trunk)]);
            ids.AddRange(inputs[trunk..]);
            positions.AddRange(Enumerable.Range(trunk, inputs.Length - trunk).Select(at => (long)at));
            branches.AddRange(Enumerable.Repeat((long)i, inputs.Length - trunk));
        }
        var apart = ids.Count > trunk - prefix;
        var context = new ForwardContext
        {
            Cache = Filled(prefix, ids.Count),
            Positions = apart ? tensor(positions, [1, ids.Count], device: _model.Placement.Device) : null,
            Branches = apart && sequences.Length > 1 ? tensor(branches, [1, ids.Count], device: _model.Placement.Device) : null,
        };
        return Scores(sequences, rows, _model.Hidden(Ids([.. ids]), context));
    }

    /// <summary>Tokens that all begin with.</summary>
    private static int Trunk(Sequence[] sequences) =>
        sequences.Skip(1).Aggregate(sequences[0].Inputs.Length, (length, s) => sequences[0].Inputs.AsSpan(0, length).CommonPrefixLength(s.Inputs));

    /// <summary>The cache with the first tokens of what is shared, and room for more.</summary>
    private ModelCache? Filled(int prefix, int room)
    {
        if (prefix == 0) return null;
        if (_cache is null || _cache.Length < prefix)
        {
            // Always the whole of it, whoever needs it first: the bits of its keys could depend on how many are read at once.
            _cache?.Dispose();
            _cache = _model.NewCache(1, _shared.Length + room);
            _model.Hidden(Ids(_shared), new ForwardContext { Cache = _cache });
        }
        _cache.Truncate(prefix);
        if (_cache.Capacity < prefix + room) _cache.Grow(prefix + room);
        return _cache;
    }

    /// <summary>Tokens of what is shared that all begin with, none of whose states a score needs.</summary>
    private int Kept(Sequence[] sequences)
    {
        var length = Math.Min(_shared.Length, sequences.Min(s => s.First));
        foreach (var sequence in sequences) length = _shared.AsSpan(0, length).CommonPrefixLength(sequence.Inputs);
        return length < ShortestPrefix ? 0 : length;
    }

    /// <param name="rows">Which rows of the state give the tokens of each sequence.</param>
    /// <param name="hidden">(1, T, E).</param>
    private List<LikelihoodScore> Scores(Sequence[] sequences, IReadOnlyList<int[]> rows, Tensor hidden)
    {
        var targets = sequences.SelectMany(s => s.Targets).ToArray();
        var (losses, likeliest) = (new double[targets.Length], new long[targets.Length]);
        using var places = tensor(rows.SelectMany(r => r).Select(r => (long)r).ToArray(), device: hidden.device);
        using var chosen = hidden.squeeze(0).index_select(0, places);                                   // (N, E)
        using var labels = tensor(targets, device: hidden.device);
        _model.HeadLoss(chosen, labels, 1, null, losses, likeliest: likeliest);
        var scores = new List<LikelihoodScore>();
        var at = 0;
        foreach (var sequence in sequences)
        {
            var (first, count) = (at, sequence.Targets.Length);
            scores.Add(new([.. losses.AsSpan(first, count).ToArray().Select(loss => -loss)], Enumerable.Range(first, count).All(i => likeliest[i] == targets[i])));
            at += count;
        }
        return scores;
    }

    private Tensor Ids(int[] ids) => tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length], device: _model.Placement.Device);

    /// <summary>A request as the model reads it: without the last token, which predicts nothing, and without the beginning that does not fit.</summary>
    /// <param name="First">The place in the inputs that predicts the first target.</param>
    private sealed record Sequence(int[] Inputs, int First, long[] Targets)
    {
        public static Sequence Of(LikelihoodRequest request, int positions)
        {
            if (request.Context.Count == 0 || request.Continuation.Count == 0) throw new OptionsException("a request has no tokens before or in the text to score; begin with the token that begins a text.");
            if (request.Continuation.Count > positions) throw new OptionsException($"a text to score has {request.Continuation.Count} tokens; this model reads {positions}. Leave it out, or score it in windows (a perplexity task).");
            int[] all = [.. request.Context, .. request.Continuation];
            var inputs = all[Math.Max(0, all.Length - 1 - positions)..^1];
            return new(inputs, inputs.Length - request.Continuation.Count, [.. request.Continuation.Select(id => (long)id)]);
        }
    }
}
