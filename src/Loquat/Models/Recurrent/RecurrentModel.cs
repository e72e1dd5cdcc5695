using Loquat.Layers;
using Loquat.Layers.Recurrent;
using Loquat.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Recurrent;

/// <summary>An embedding, stacked recurrent layers and a head. The cache is the state.</summary>
internal sealed class RecurrentModel : CausalModel
{
    // B batch, T tokens, E width of token vectors, H units, R outputs of a layer

    private readonly RecurrentConfig _config;
    private readonly AdaptiveSoftmax? _adaptive;

    public RecurrentModel(RecurrentConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        TokenEmbedding = this["model.embedding.weight"];
        Head = config.TieWordEmbeddings ? TokenEmbedding : this[config.AdaptiveSoftmaxCutoffs.Count > 0 ? "lm_head.head.weight" : "lm_head.weight"];
        if (config.AdaptiveSoftmaxCutoffs.Count > 0)
            _adaptive = new(config.ClusterEnds, new(Head, null), [.. config.AdaptiveSoftmaxCutoffs.Select((_, i) => (this[$"lm_head.tail.{i}.0.weight"], this[$"lm_head.tail.{i}.1.weight"]))]);
    }

    public override Parameter TokenEmbedding { get; }

    public override Parameter Head { get; }

    internal override bool HasOneHead => _adaptive is null;

    /// <summary>Of an adaptive softmax the log-probabilities, which are logits too.</summary>
    public override Tensor Project(Tensor hidden) => _adaptive?.LogProbabilities(hidden) ?? base.Project(hidden);

    internal override double HeadLoss(Tensor hidden, Tensor labels, double scale, Tensor? gradient, double[]? losses = null, LossOptions? options = null, long[]? likeliest = null, float[]? weights = null)
    {
        if (_adaptive is null) return base.HeadLoss(hidden, labels, scale, gradient, losses, options, likeliest, weights);
        if (weights is not null) throw new OptionsException("an adaptive softmax does not weigh labels one by one, which losses of preferences need. Build the model without adaptive_softmax_cutoffs.");
        return _adaptive.CrossEntropy(hidden, labels, scale, gradient, losses, options, likeliest);
    }

    /// <summary>Clusters whose tokens no label of a batch is.</summary>
    protected override IReadOnlyList<Parameter> Unreached => _adaptive is null ? [] : [.. _adaptive.Tails.SelectMany(tail => (Parameter[])[tail.Down, tail.Up])];

    public override ModelCache NewCache(long batch, long capacity) => new RecurrentState(_config, batch, Placement);

    protected override Tensor Embed(Tensor ids, ForwardContext context)
    {
        var tokens = EmbeddingTable.Lookup(TokenEmbedding, ids);                                // (B, T, E)
        if (!context.Training || _config.EmbeddingDropout == 0) return tokens;
        using var guard = no_grad();
        context.EmbeddingMask = VariationalDropout.Rows(TokenEmbedding.Value, _config.EmbeddingDropout);
        return tokens.mul_(MaskOf(ids, context.EmbeddingMask));
    }

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, context.EmbeddingMask is { } mask ? gradient * MaskOf(ids, mask) : gradient);
        context.EmbeddingMask = null;
    }

    /// <summary>(B, T, 1).</summary>
    private static Tensor MaskOf(Tensor ids, Tensor rows) => rows.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], 1);

    protected override Tensor Blocks(Tensor x, ForwardContext context)
    {
        if (context.Prefix is not null) throw new OptionsException($"a {_config.ModelType} model reads from left to right; it has no prefix whose tokens see each other. Choose another objective.");
        using var scope = NewDisposeScope();
        var (batch, tokens) = (x.shape[0], x.shape[1]);
        var state = StateOf(context);
        var (counts, starts) = (Counts(context, tokens, x), Starts(context, x));
        x = x.transpose(0, 1).contiguous();                                                     // (T, B, E)
        x = Drop(x, _config.InputDropout, context);
        for (var layer = 0; layer < _config.NumLayers; layer++)
        {
            if (layer > 0) x = Drop(x, _config.HiddenDropout, context);
            var (hidden, cell) = state?.Of(layer) ?? default;
            var output = Recurrence.Apply(_config.Cell, x, Weights(layer, context), hidden, cell, counts: counts, starts: starts);
            state?.Set(layer, output.Hidden, output.Cell);
            x = output.Output;                                                                  // (T, B, R)
        }
        state?.Advance(tokens);
        if (context.Training) x = ActivationPenalty.Change(x, _config.TemporalPenalty * context.LossScale * tokens * batch);
        x = Drop(x, _config.OutputDropout, context);
        if (context.Training) x = ActivationPenalty.Size(x, _config.ActivationPenalty * context.LossScale * tokens * batch);
        return x.transpose(0, 1).contiguous().MoveToOuterDisposeScope();                        // (B, T, R)
    }

    private RecurrentState? StateOf(ForwardContext context) => context.Cache switch
    {
        null => null,
        RecurrentState state => state,
        _ => throw new OptionsException($"the cache is {context.Cache.GetType().Name}; a {_config.ModelType} model needs one of its own NewCache."),
    };

    private RecurrentWeights Weights(int layer, ForwardContext context)
    {
        Tensor? Optional(string name) => Find($"model.rnn.{name}_l{layer}")?.Value;
        var hidden = this[$"model.rnn.weight_hh_l{layer}"].Value;
        return new(
            this[$"model.rnn.weight_ih_l{layer}"].Value, context.Training ? VariationalDropout.Weights(hidden, _config.WeightDropout) : hidden,
            Optional("bias_ih"), Optional("bias_hh"), Optional("weight_hr"), Optional("weight_peephole"));
    }

    /// <summary>(T, B, 1): 0 at padding; null where there is none.</summary>
    private static Tensor? Counts(ForwardContext context, long tokens, Tensor like) => context.AttentionMask is not { } mask ? null
        : mask.narrow(1, mask.shape[1] - tokens, tokens).to(like.dtype).t().unsqueeze(-1);

    /// <summary>(T, B, 1): 1 at the first token of each document of a packed sequence.</summary>
    private static Tensor? Starts(ForwardContext context, Tensor like)
    {
        if (context.Documents is not { } documents) return null;
        var tokens = documents.shape[1];
        var first = zeros_like(documents);
        first.narrow(1, 1, tokens - 1).copy_(documents.narrow(1, 1, tokens - 1).ne(documents.narrow(1, 0, tokens - 1)));
        return first.to(like.dtype).t().unsqueeze(-1);
    }

    private static Tensor Drop(Tensor x, double probability, ForwardContext context) => context.Training ? VariationalDropout.Units(x, probability) : x;
}
