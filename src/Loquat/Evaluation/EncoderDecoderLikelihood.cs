using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Evaluation;

/// <summary>Log-likelihoods by an encoder-decoder: the context is read by the encoder, once for all requests that have the same, and the continuation is what the decoder writes. No two requests are computed together.</summary>
public sealed class EncoderDecoderLikelihood : ILikelihoodScorer
{
    private readonly EncoderDecoderModel _model;
    private readonly EncoderDecoderConfig _config;
    private readonly IReadOnlyList<IReadOnlyList<LikelihoodRequest>> _documents;

    /// <param name="documents">The requests of each document. A context that is longer than the model reads loses its beginning.</param>
    /// <exception cref="OptionsException">A request has no tokens, or a continuation that is longer than the model writes.</exception>
    public EncoderDecoderLikelihood(EncoderDecoderModel model, IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents)
    {
        (_model, _config, _documents) = (model, (EncoderDecoderConfig)model.Config, documents);
        foreach (var request in documents.SelectMany(d => d))
        {
            if (request.Context.Count == 0 || request.Continuation.Count == 0) throw new OptionsException("a request has no tokens to read or to score.");
            if (request.Continuation.Count > model.Config.ContextLength) throw new OptionsException($"a text to score has {request.Continuation.Count} tokens; this model writes {model.Config.ContextLength}.");
        }
        Order = [.. Enumerable.Range(0, documents.Count).OrderByDescending(i => documents[i].Sum(r => r.Context.Count + r.Continuation.Count))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Order { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LikelihoodScore> Score(int document)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var read = new List<(IReadOnlyList<int> Ids, Tensor Hidden)>();
        var scores = new List<LikelihoodScore>();
        foreach (var (context, continuation) in _documents[document].Select(r => (r.Context, r.Continuation)))
        {
            var at = read.FindIndex(r => r.Ids.SequenceEqual(context));
            if (at < 0)
            {
                at = read.Count;
                read.Add((context, _model.Encode(Ids(context.Skip(context.Count - _config.ContextLength)), new ForwardContext())));     // (1, S, E)
            }
            var hidden = _model.Decode(Ids([_config.DecoderStart, .. continuation.SkipLast(1)]), new ForwardContext { Source = new(read[at].Hidden, null) });    // (1, U, E)
            var (losses, likeliest) = (new double[continuation.Count], new long[continuation.Count]);
            _model.Score(hidden, Ids(continuation).view(-1), losses, likeliest);
            scores.Add(new([.. losses.Select(loss => -loss)], continuation.Zip(likeliest).All(p => p.First == p.Second)));
        }
        return scores;
    }

    public void Dispose()
    {
    }

    private Tensor Ids(IEnumerable<int> ids)
    {
        var all = ids.Select(id => (long)id).ToArray();
        return tensor(all, [1, all.Length], device: _model.Placement.Device);
    }
}
