using Loquat.Kernels;
using Loquat.Layers;
using Loquat.Losses;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// A language model that predicts each token from those before it: a decoder, or a recurrent network, whose cache is its state.
/// </summary>
public abstract class CausalModel : Model
{
    /// <inheritdoc/>
    protected CausalModel(ModelConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
    }

    /// <summary>The table of token vectors, (V, E).</summary>
    public abstract Parameter TokenEmbedding { get; }

    /// <summary>The projection to the vocabulary, (V, E); the embedding itself where the two are tied.</summary>
    public abstract Parameter Head { get; }

    /// <summary>Logits z become cap · tanh(z / cap); null: they do not.</summary>
    public virtual double? LogitCap => null;

    /// <summary>Learned tokens that stand before every text, by an adapter: prefix or prompt tuning. Default: 0.</summary>
    public long VirtualTokens => KeyValues?.Tokens ?? TokenEmbedding.MoreRows?.Spec.Shape[0] ?? 0;

    /// <summary>The longest text, in tokens: the positions that learned tokens leave to it.</summary>
    public override int Positions => (int)Math.Max(0, Config.ContextLength - VirtualTokens);

    /// <summary>Whether its logits are one product with <see cref="Head"/>, as a teacher's are compared with.</summary>
    internal virtual bool HasOneHead => true;

    /// <summary>Whether it tells the states after its layers (<see cref="ForwardContext.States"/>).</summary>
    internal virtual bool TellsStates => false;

    /// <summary>The keys and values of prefix tuning; null: none.</summary>
    internal KvPrefix? KeyValues { get; set; }

    /// <summary>The state after the last layer and its normalization.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, E).</returns>
    /// <exception cref="OptionsException">A token or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public Tensor Hidden(Tensor ids, ForwardContext context)
    {
        ModelInputs.Check(this, ids, context);
        if (VirtualTokens == 0)
        {
            using var embedded = Embed(ids, context);
            return Blocks(embedded, context);
        }
        using var scope = NewDisposeScope();
        var hidden = WholeHidden(ids, context);
        var tokens = ids.shape[1];
        return hidden.narrow(1, hidden.shape[1] - tokens, tokens).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The states of the learned tokens too, where they are rows of the sequence: prompt tuning without a cache.</summary>
    /// <returns>(B, P + T, E), or (B, T, E).</returns>
    internal Tensor WholeHidden(Tensor ids, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var (whole, within) = Preceded(ids, context);
        var hidden = Blocks(Embed(whole, within), within);
        context.Auxiliary = within.Auxiliary;
        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Ids and context of a text with what stands before it, which an empty cache is given first.</summary>
    private (Tensor Ids, ForwardContext Context) Preceded(Tensor ids, ForwardContext context)
    {
        var count = VirtualTokens;
        if (count == 0) return (ids, context);
        var prompt = arange(Config.VocabSize, Config.VocabSize + count, dtype: ScalarType.Int64, device: ids.device).expand(ids.shape[0], -1);     // (B, P)
        if (context.Cache is null) return KeyValues is { } own ? (ids, context.After(count, own, inRow: false)) : (cat([prompt, ids], 1), context.After(count, null, inRow: true));
        if (context.Cache is KvCache { Virtual: 0, Length: 0 } empty)
        {
            empty.Begin(count, () =>
            {
                using var scope = NewDisposeScope();
                if (KeyValues is { } first) first.Fill(empty);
                else Blocks(Embed(prompt, new ForwardContext { Cache = empty }), new ForwardContext { Cache = empty });
            });
        }
        return (ids, context.After(count, null, inRow: false));
    }

    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, V), not connected to autograd's tables; see <see cref="LossAndGradients(Tensor, Tensor, double, ForwardContext)"/> for training.</returns>
    public Tensor Logits(Tensor ids, ForwardContext context)
    {
        using var hidden = Hidden(ids, context);
        return Project(hidden);
    }

    /// <summary>The head.</summary>
    /// <param name="hidden">(…, E), from <see cref="Hidden"/>.</param>
    /// <returns>(…, V).</returns>
    public virtual Tensor Project(Tensor hidden)
    {
        var logits = Linear.Apply(hidden, Head.Value);
        return LogitCap is { } cap ? (logits / cap).tanh() * cap : logits;
    }

    /// <summary>
    /// One forward and backward pass. Gradients of (sum of the losses) · <paramref name="scale"/> are added to each
    /// parameter's <c>grad</c>, so that micro-batches of one step simply follow each other.
    /// </summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <param name="labels">(B, T) int64, already shifted: the label of a position is the token after it; -100 does not count. With prompt tuning (B, P + T) is taken as well: what the learned tokens predict.</param>
    /// <param name="scale">1 / counted tokens of the whole step.</param>
    /// <returns>The sum of the losses in nats.</returns>
    /// <exception cref="OptionsException">A token, label or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public double LossAndGradients(Tensor ids, Tensor labels, double scale, ForwardContext context)
    {
        ModelInputs.Check(this, ids, context);
        using var scope = NewDisposeScope();
        if (IsPlain && NewTrainingPass(ids.shape[1], context) is { } pass)
        {
            ModelInputs.CheckLabels(this, ids, labels);
            return Run(pass, ids, labels, scale, context);
        }
        var tokens = ids.shape[1];
        (ids, context) = Preceded(ids, context);
        if (ids.shape[1] > tokens && labels.dim() == 2 && labels.shape[1] == tokens) labels = cat([full([labels.shape[0], ids.shape[1] - tokens], ModelBatch.Ignored, dtype: ScalarType.Int64, device: labels.device), labels], 1);
        ModelInputs.CheckLabels(this, ids, labels);
        context.LossScale = scale;
        var embedded = Embed(ids, context).requires_grad_(true);
        var hidden = Blocks(embedded, context);
        var rows = hidden.detach().view(-1, hidden.shape[^1]);                      // (B·T, E)
        var gradient = empty_like(rows);
        var loss = HeadLoss(rows, labels.reshape(-1), scale, gradient, options: context.LossOptions);
        loss += Backward(hidden, gradient.view(hidden.shape), labels, scale, context);
        AccumulateEmbeddingGradients(ids, embedded.grad!, context);
        return loss;
    }

    /// <summary>
    /// One forward and backward pass of a loss that is made of the losses of labels, as those of preferences are: it is known, with what each label weighs in it, once all of them are. Gradients of
    /// the sum of weight · loss are added to each parameter's <c>grad</c>. The head is visited twice, the layers once.
    /// </summary>
    /// <param name="weigh">Told each label's loss in nats, row by row, 0 where it does not count; gives the derivative of the whole loss by each.</param>
    /// <exception cref="OptionsException">As <see cref="LossAndGradients(Tensor, Tensor, double, ForwardContext)"/>.</exception>
    public void WeighedGradients(ModelBatch batch, Func<double[], float[]> weigh)
    {
        var (ids, labels, context) = (batch.InputIds, batch.Labels.reshape(-1), ContextOf(batch, training: true));
        ModelInputs.Check(this, ids, context);
        ModelInputs.CheckLabels(this, ids, batch.Labels);
        using var scope = NewDisposeScope();
        if (IsPlain && NewTrainingPass(ids.shape[1], context) is { } pass)
        {
            using var guard = no_grad();
            var embeddings = Embed(ids, context);                                   // (B, T, E)
            var states = pass.Forward(embeddings.view(-1, embeddings.shape[^1]));   // (B·T, E)
            AccumulateEmbeddingGradients(ids, pass.Backward(Weighed(states, labels, weigh)).view(embeddings.shape), context);
            return;
        }
        ThroughBlocks(ids, batch.Labels, 0, context, rows => Weighed(rows, labels, weigh));
    }

    /// <summary>Forward and backward by autograd, from a loss of the states of the text's own tokens.</summary>
    /// <param name="gradientOf">Their gradient, from the states: both (B·T, E).</param>
    /// <param name="lesson">What compares the states after layers, where it does.</param>
    /// <returns>What the states after layers, and the model itself, add to the loss.</returns>
    private double ThroughBlocks(Tensor ids, Tensor labels, double scale, ForwardContext context, Func<Tensor, Tensor> gradientOf, ILesson? lesson = null)
    {
        var tokens = ids.shape[1];
        (ids, context) = Preceded(ids, context);
        context.LossScale = scale;
        var embedded = Embed(ids, context).requires_grad_(true);
        var hidden = Blocks(embedded, context);                                     // (B, P + T, E)
        var before = hidden.shape[1] - tokens;
        var own = gradientOf(hidden.detach().narrow(1, before, tokens).reshape(-1, hidden.shape[^1])).view(hidden.shape[0], tokens, -1);
        var gradient = own;
        if (before > 0) (gradient = zeros_like(hidden)).narrow(1, before, tokens).copy_(own);
        var states = lesson is { Layers.Count: > 0 } ? lesson.OfStates([.. lesson.Layers.Select(layer => layer == context.States!.Count ? hidden : context.States[layer - 1])], labels) : null;
        var added = (states?.item<float>() ?? 0) + Backward(hidden, gradient, labels, scale, context, states);
        AccumulateEmbeddingGradients(ids, embedded.grad!, context);
        return added;
    }

    /// <summary>One forward and backward pass of a loss that compares the student with its teacher. The layers are visited once, and the head in chunks.</summary>
    private double Taught(ModelBatch batch, ITeacher teacher, double scale)
    {
        var states = new List<Tensor>();
        var (ids, labels) = (batch.InputIds, batch.Labels);
        using var scope = NewDisposeScope();
        using var lesson = teacher.Read(batch);
        var context = ContextOf(batch, training: true, lesson.Layers.Count > 0 ? states : null);
        ModelInputs.Check(this, ids, context);
        ModelInputs.CheckLabels(this, ids, labels);
        var loss = 0.0;
        try
        {
            if (context.States is null && IsPlain && NewTrainingPass(ids.shape[1], context) is { } pass)
            {
                using var guard = no_grad();
                var embedded = Embed(ids, context);                                 // (B, T, E)
                var gradient = Learned(pass.Forward(embedded.view(-1, embedded.shape[^1])));
                AccumulateEmbeddingGradients(ids, pass.Backward(gradient).view(embedded.shape), context);
            }
            else
            {
                // Not +=, which would read the loss before it is known.
                var added = ThroughBlocks(ids, labels, scale, context, Learned, lesson);
                loss += added;
            }
            return loss;
        }
        finally
        {
            foreach (var state in states) state.Dispose();
        }

        Tensor Learned(Tensor rows)
        {
            var gradient = empty_like(rows);                                        // (B·T, E)
            loss += VocabularyHead.Custom(rows, Head, labels.reshape(-1), scale, gradient, LogitCap, lesson.Each);
            return gradient;
        }
    }

    private Tensor Weighed(Tensor rows, Tensor labels, Func<double[], float[]> weigh)
    {
        var losses = new double[rows.shape[0]];
        HeadLoss(rows, labels, 1, gradient: null, losses);
        var gradient = empty_like(rows);                                            // (B·T, E)
        HeadLoss(rows, labels, 1, gradient, weights: weigh(losses));
        return gradient;
    }

    /// <summary>Backward from the state after the last layer, and from what the model adds to the loss.</summary>
    /// <returns>What it adds.</returns>
    private double Backward(Tensor hidden, Tensor gradient, Tensor labels, double scale, ForwardContext context, Tensor? states = null)
    {
        var added = 0.0;
        var (ends, gradients) = (new List<Tensor> { hidden }, new List<Tensor> { gradient });
        if (states is not null)
        {
            ends.Add(states);
            gradients.Add(full_like(states, scale));
        }
        if (context.Auxiliary is { } own)
        {
            context.Auxiliary = null;
            var counted = labels.ge(0).sum().item<long>();
            added = own.item<float>() * counted;
            ends.Add(own);
            gradients.Add(full_like(own, scale * counted));
        }
        autograd.backward(ends, gradients);
        foreach (var parameter in Unreached)
        {
            if (!parameter.Trains) continue;
            var (sum, add) = parameter.GradientBuffer();
            if (!add) sum.zero_();
            sum.Dispose();
        }
        return added;
    }

    /// <summary>Parameters that a batch may leave out, as experts that no token chooses: their gradient is then 0. Default: none.</summary>
    protected virtual IReadOnlyList<Parameter> Unreached => [];

    /// <inheritdoc/>
    public override double LossAndGradients(ModelBatch batch, double scale) => batch.Teacher is { } teacher ? Taught(batch, teacher, scale) : LossAndGradients(batch.InputIds, batch.Labels, scale, ContextOf(batch, training: true));

    /// <inheritdoc/>
    public override double Loss(ModelBatch batch, double[]? losses = null) => Loss(batch.InputIds, batch.Labels, ContextOf(batch, training: false), losses);

    internal static ForwardContext ContextOf(ModelBatch batch, bool training, List<Tensor>? states = null)
    {
        if (batch.DecoderInputIds is not null) throw new OptionsException("the batch has tokens for a decoder; a causal model reads one sequence. Choose an encoder-decoder model, or another objective.");
        if (batch.TokenTypeIds is not null) throw new OptionsException("the batch tells two texts apart by token types; a causal model has none. Choose another objective.");
        if (batch.RowLabels is not null) throw new OptionsException("the batch has labels of whole rows; a causal language model has no head for them. Choose another objective.");
        return new ForwardContext { Training = training, AttentionMask = batch.AttentionMask, Positions = batch.Positions, Documents = batch.Documents, Prefix = batch.Prefix, LossOptions = training ? batch.LossOptions : LossOptions.Plain, States = states };
    }

    private double Run(ITrainingPass pass, Tensor ids, Tensor labels, double scale, ForwardContext context)
    {
        using var guard = no_grad();
        var embedded = Embed(ids, context);                                         // (B, T, E)
        var hidden = pass.Forward(embedded.view(-1, embedded.shape[^1]));           // (B·T, E)
        var gradient = empty_like(hidden);
        var loss = HeadLoss(hidden, labels.reshape(-1), scale, gradient, options: context.LossOptions);
        AccumulateEmbeddingGradients(ids, pass.Backward(gradient).view(embedded.shape), context);
        return loss;
    }

    /// <summary>Head and loss in one visit, as <see cref="VocabularyHead.CrossEntropy"/> tells. A head of another kind has its own.</summary>
    internal virtual double HeadLoss(Tensor hidden, Tensor labels, double scale, Tensor? gradient, double[]? losses = null, LossOptions? options = null, long[]? likeliest = null, float[]? weights = null) =>
        VocabularyHead.CrossEntropy(hidden, Head, labels, scale, gradient, losses, cap: LogitCap, options: options, likeliest: likeliest, weights: weights);

    /// <summary>The sum of the losses in nats, and each position's when <paramref name="losses"/> is given.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <param name="labels">(B, T) int64, already shifted; -100 does not count.</param>
    public double Loss(Tensor ids, Tensor labels, ForwardContext context, double[]? losses = null)
    {
        ModelInputs.CheckLabels(this, ids, labels);
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var hidden = Hidden(ids, context);
        var loss = HeadLoss(hidden.view(-1, hidden.shape[^1]), labels.reshape(-1), 1, gradient: null, losses);
        return context.Auxiliary is { } own ? loss + own.item<float>() * labels.ge(0).sum().item<long>() : loss;
    }

    /// <summary>Whether the kernels apply to whole, unpadded sequences of this context.</summary>
    private protected bool HasTrainingPass(ForwardContext context) =>
        Head.Value.HasKernel() && context is { AttentionMask: null, Positions: null, Cache: null, Documents: null, Prefix: null };

    /// <summary>A pass for one batch, or null where the context needs what only <see cref="Blocks"/> can do.</summary>
    private protected virtual ITrainingPass? NewTrainingPass(long tokens, ForwardContext context) => null;

    /// <summary>An empty cache.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="capacity">Tokens for which there is room at first.</param>
    public abstract ModelCache NewCache(long batch, long capacity);

    /// <summary>Keys of sequences for whose lengths this is the same go together: where it changes, cached ones are of no use any more.</summary>
    protected internal virtual long PositionRegime(long length) => 0;

    /// <summary>(B, T) → (B, T, E), without autograd.</summary>
    protected abstract Tensor Embed(Tensor ids, ForwardContext context);

    /// <summary>(B, T, E) → (B, T, E): all layers and the last normalization.</summary>
    protected abstract Tensor Blocks(Tensor x, ForwardContext context);

    /// <param name="gradient">(B, T, E): of what <see cref="Embed"/> gave.</param>
    protected abstract void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context);
}
