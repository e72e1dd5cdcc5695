using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Evaluation;

/// <summary>
/// Pseudo-log-likelihoods by a masked model (Salazar et al. 2020): each token of the continuation is masked in turn, and predicted from all others on both sides. They are no probabilities of texts, but
/// compare texts of equal length well. No two documents are computed together.
/// </summary>
public sealed class MaskedLikelihood : ILikelihoodScorer
{
    /// <summary>Rows of one text computed at once; it is the same for each text, so that nothing depends on it.</summary>
    private const int Rows = 16;

    private readonly EncoderModel _model;
    private readonly int _mask;
    private readonly IReadOnlyList<int> _begin;
    private readonly IReadOnlyList<int> _end;
    private readonly IReadOnlyList<IReadOnlyList<LikelihoodRequest>> _documents;

    /// <param name="mask">The id of the mask token.</param>
    /// <param name="begin">What stands before every text, such as `[CLS]`.</param>
    /// <param name="end">What stands behind every text, such as `[SEP]`.</param>
    /// <param name="documents">The requests of each document. One that is longer than the model reads loses the beginning of its context.</param>
    /// <exception cref="OptionsException">The model has no head for masked tokens, or a continuation does not fit.</exception>
    public MaskedLikelihood(EncoderModel model, int mask, IReadOnlyList<int> begin, IReadOnlyList<int> end, IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents)
    {
        (_model, _mask, _begin, _end, _documents) = (model, mask, begin, end, documents);
        var most = model.Config.ContextLength - begin.Count - end.Count;
        foreach (var request in documents.SelectMany(d => d))
            if (request.Continuation.Count == 0 || request.Continuation.Count > most)
                throw new OptionsException($"a text to score has {request.Continuation.Count} tokens; this model reads 1 to {most}.");
        Order = [.. Enumerable.Range(0, documents.Count).OrderByDescending(i => documents[i].Sum(r => (long)(r.Context.Count + r.Continuation.Count) * r.Continuation.Count))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Order { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LikelihoodScore> Score(int document) => [.. _documents[document].Select(Score)];

    public void Dispose()
    {
    }

    private LikelihoodScore Score(LikelihoodRequest request)
    {
        var room = _model.Config.ContextLength - _begin.Count - _end.Count - request.Continuation.Count;
        long[] ids = [.. _begin.Concat(request.Context.Skip(request.Context.Count - room)).Concat(request.Continuation).Concat(_end).Select(id => (long)id)];
        var first = ids.Length - _end.Count - request.Continuation.Count;
        var scores = new List<double>();
        foreach (var places in Enumerable.Range(first, request.Continuation.Count).Chunk(Rows))
        {
            using var scope = NewDisposeScope();
            var (inputs, labels) = (new long[places.Length * ids.Length], new long[places.Length * ids.Length]);
            Array.Fill(labels, ModelBatch.Ignored);
            for (var row = 0; row < places.Length; row++)
            {
                ids.CopyTo(inputs, row * ids.Length);
                inputs[row * ids.Length + places[row]] = _mask;
                labels[row * ids.Length + places[row]] = ids[places[row]];
            }
            var losses = new double[labels.Length];
            _model.Loss(new ModelBatch { InputIds = tensor(inputs, [places.Length, ids.Length], device: _model.Placement.Device), Labels = tensor(labels, [places.Length, ids.Length], device: _model.Placement.Device) }, losses);
            scores.AddRange(places.Select((place, row) => -losses[row * ids.Length + place]));
        }
        return new(scores, IsGreedy: false);
    }
}
