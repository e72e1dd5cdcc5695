using Loquat.Kernels;
using Loquat.Layers;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// A decoder-only language model. Stateless after construction: caches and masks belong to the caller. Not thread-safe
/// while training.
/// </summary>
public abstract class CausalModel : IDisposable
{
    private readonly Dictionary<string, Parameter> _byName;

    private protected CausalModel(ModelConfig config, Placement placement, ulong? seed)
    {
        Libtorch.Initialize();
        Config = config.Validated();
        Config.CheckMemory(placement);
        Placement = placement;
        Parameters = [.. config.Parameters().Select(spec => new Parameter(spec, placement, seed))];
        _byName = Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
    }

    public ModelConfig Config { get; }

    public Placement Placement { get; }

    /// <summary>In the order of the forward pass.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The table of token vectors, (V, E).</summary>
    public abstract Parameter TokenEmbedding { get; }

    /// <summary>The projection to the vocabulary, (V, E); the embedding itself where the two are tied.</summary>
    public abstract Parameter Head { get; }

    public Parameter this[string name] => _byName[name];

    /// <summary>The parameter of a name; null where the architecture has none.</summary>
    internal Parameter? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The state after the last layer and its normalization.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, E).</returns>
    /// <exception cref="OptionsException">A token or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public Tensor Hidden(Tensor ids, ForwardContext context)
    {
        ModelInputs.Check(this, ids, context);
        using var embedded = Embed(ids, context);
        return Blocks(embedded, context);
    }

    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, V), not connected to autograd's tables; see <see cref="LossAndGradients"/> for training.</returns>
    public Tensor Logits(Tensor ids, ForwardContext context)
    {
        using var hidden = Hidden(ids, context);
        return Linear.Apply(hidden, Head.Value);
    }

    /// <summary>
    /// One forward and backward pass. Gradients of (sum of the losses) · <paramref name="scale"/> are added to each
    /// parameter's <c>grad</c>, so that micro-batches of one step simply follow each other.
    /// </summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <param name="labels">(B, T) int64, already shifted: the label of a position is the token after it; -100 does not count.</param>
    /// <param name="scale">1 / counted tokens of the whole step.</param>
    /// <returns>The sum of the losses in nats.</returns>
    /// <exception cref="OptionsException">A token, label or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public double LossAndGradients(Tensor ids, Tensor labels, double scale, ForwardContext context)
    {
        ModelInputs.Check(this, ids, context);
        ModelInputs.CheckLabels(this, ids, labels);
        using var scope = NewDisposeScope();
        if (NewTrainingPass(ids.shape[1], context) is { } pass) return Run(pass, ids, labels, scale, context);
        var embedded = Embed(ids, context).requires_grad_(true);
        var hidden = Blocks(embedded, context);
        var rows = hidden.detach().view(-1, hidden.shape[^1]);                      // (B·T, E)
        var gradient = empty_like(rows);
        var loss = VocabularyHead.CrossEntropy(rows, Head, labels.reshape(-1), scale, gradient);
        hidden.backward([gradient.view(hidden.shape)]);
        AccumulateEmbeddingGradients(ids, embedded.grad!, context);
        return loss;
    }

    private double Run(ITrainingPass pass, Tensor ids, Tensor labels, double scale, ForwardContext context)
    {
        using var guard = no_grad();
        var embedded = Embed(ids, context);                                         // (B, T, E)
        var hidden = pass.Forward(embedded.view(-1, embedded.shape[^1]));           // (B·T, E)
        var gradient = empty_like(hidden);
        var loss = VocabularyHead.CrossEntropy(hidden, Head, labels.reshape(-1), scale, gradient);
        AccumulateEmbeddingGradients(ids, pass.Backward(gradient).view(embedded.shape), context);
        return loss;
    }

    /// <summary>The sum of the losses in nats, and each position's when <paramref name="losses"/> is given.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <param name="labels">(B, T) int64, already shifted; -100 does not count.</param>
    public double Loss(Tensor ids, Tensor labels, ForwardContext context, double[]? losses = null)
    {
        ModelInputs.CheckLabels(this, ids, labels);
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var hidden = Hidden(ids, context);
        return VocabularyHead.CrossEntropy(hidden.view(-1, hidden.shape[^1]), Head, labels.reshape(-1), 1, gradient: null, losses);
    }

    /// <summary>Whether the kernels apply to whole, unpadded sequences of this context.</summary>
    private protected bool HasTrainingPass(ForwardContext context) =>
        Head.Value.HasKernel() && context is { AttentionMask: null, Positions: null, Cache: null };

    /// <summary>A pass for one batch, or null where the context needs what only <see cref="Blocks"/> can do.</summary>
    private protected virtual ITrainingPass? NewTrainingPass(long tokens, ForwardContext context) => null;

    public KvCache NewCache(long batch, long capacity) => new(Config.Layers, batch, KeyValueHeads, capacity, HeadSize, Placement);

    /// <summary>Keys of sequences for whose lengths this is the same go together: where it changes, cached ones are of no use any more.</summary>
    internal virtual long PositionRegime(long length) => 0;

    private protected abstract long KeyValueHeads { get; }

    private protected abstract long HeadSize { get; }

    /// <summary>(B, T) → (B, T, E), without autograd.</summary>
    private protected abstract Tensor Embed(Tensor ids, ForwardContext context);

    /// <summary>(B, T, E) → (B, T, E): all layers and the last normalization.</summary>
    private protected abstract Tensor Blocks(Tensor x, ForwardContext context);

    /// <param name="gradient">(B, T, E): of what <see cref="Embed"/> gave.</param>
    private protected abstract void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context);

    public void ZeroGradients()
    {
        foreach (var parameter in Parameters)
        {
            parameter.Value.grad?.Dispose();
            parameter.Value.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var parameter in Parameters) parameter.Dispose();
        DisposeTables();
        GC.SuppressFinalize(this);
    }

    private protected virtual void DisposeTables()
    {
    }
}
