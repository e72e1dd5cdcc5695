using Loquat.Layers;
using Loquat.Losses;
using Loquat.Models.Heads;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>A model that reads a text whole, each token seeing all others: BERT and its descendants. What it is trained for stands on it as its <see cref="Head"/>.</summary>
public abstract class EncoderModel : Model
{
    // B batch, T tokens, E width

    /// <inheritdoc/>
    protected EncoderModel(EncoderConfig config, Placement placement, ulong? seed) : base(config, placement, seed) =>
        Head = new ModelHead(config.Head, config.Parts(config.Head), name => this[name]);

    public new EncoderConfig Config => (EncoderConfig)base.Config;

    public ModelHead Head { get; }

    /// <summary>The state after the last layer.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, E).</returns>
    /// <exception cref="OptionsException">A token or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public Tensor Hidden(Tensor ids, ForwardContext context)
    {
        Check(ids, context);
        using var embedded = Embed(ids, context);
        return Blocks(embedded, context);
    }

    /// <summary>What the head says.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <exception cref="OptionsException">As <see cref="Hidden"/>.</exception>
    public HeadLogits Logits(Tensor ids, ForwardContext context)
    {
        using var hidden = Hidden(ids, context);
        return Head.Logits(hidden, context);
    }

    /// <inheritdoc/>
    public override double LossAndGradients(ModelBatch batch, double scale)
    {
        var context = ContextOf(batch, training: true);
        Check(batch.InputIds, context);
        Head.CheckLabels(batch.InputIds, batch.Labels, batch.RowLabels);
        return Through(batch.InputIds, context, (hidden, gradient) => Head.Loss(hidden, batch.Labels, batch.RowLabels, batch.RowWeight, scale, gradient, null, context));
    }

    /// <summary>One forward and backward pass of a loss of the caller's own, made of what the head says of rows: a loss that compares rows. The labels of the batch do not count.</summary>
    /// <param name="loss">(B, C) logits → any number of losses, in operations that autograd follows; they are added up.</param>
    /// <param name="scale">Factor of the gradients.</param>
    /// <returns>The sum of the losses.</returns>
    /// <exception cref="OptionsException">As <see cref="Hidden"/>, or the model has no head that tells something of rows.</exception>
    public double LossAndGradients(ModelBatch batch, Func<Tensor, Tensor> loss, double scale)
    {
        var context = ContextOf(batch, training: true);
        Check(batch.InputIds, context);
        var part = Head.Parts.FirstOrDefault(part => part.IsOfRows) ?? throw new OptionsException("this model has no head that tells something of whole rows. Give it one: a head for sequence classification.");
        return Through(batch.InputIds, context, (hidden, gradient) => part.Loss(hidden, loss, scale, gradient, Head.ContextOf(context)));
    }

    /// <summary>Forward and backward around the head.</summary>
    /// <param name="head">From the states, (B, T, E), which no autograd follows: adds to their gradient, of the same shape, and gives the loss.</param>
    private double Through(Tensor ids, ForwardContext context, Func<Tensor, Tensor, double> head)
    {
        using var scope = NewDisposeScope();
        if (IsPlain && NewTrainingPass(ids.shape[1], context) is { } pass) return Run(pass, ids, head, context);
        var embedded = Embed(ids, context).requires_grad_(true);
        var hidden = Blocks(embedded, context);
        var gradient = zeros_like(hidden);
        var loss = head(hidden.detach(), gradient);
        hidden.backward([gradient]);
        AccumulateEmbeddingGradients(ids, embedded.grad!, context);
        return loss;
    }

    /// <summary>Forward and backward with a loss of the caller's own, made of the states after the last layer.</summary>
    /// <param name="loss">(B, T, E) → the sum of the losses, in operations that autograd follows.</param>
    /// <returns>That sum.</returns>
    /// <exception cref="OptionsException">As <see cref="Hidden"/>.</exception>
    public double LossAndGradients(Tensor ids, ForwardContext context, Func<Tensor, Tensor> loss, double scale)
    {
        Check(ids, context);
        using var scope = NewDisposeScope();
        var embedded = Embed(ids, context).requires_grad_(true);
        var sum = loss(Blocks(embedded, context));
        (sum * scale).backward();
        AccumulateEmbeddingGradients(ids, embedded.grad!, context);
        return sum.item<float>();
    }

    /// <inheritdoc/>
    public override double Loss(ModelBatch batch, double[]? losses = null)
    {
        var context = ContextOf(batch, training: false);
        Check(batch.InputIds, context);
        Head.CheckLabels(batch.InputIds, batch.Labels, batch.RowLabels);
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        return Head.Loss(Hidden(batch.InputIds, context), batch.Labels, batch.RowLabels, batch.RowWeight, 1, gradient: null, losses, context);
    }

    private double Run(ITrainingPass pass, Tensor ids, Func<Tensor, Tensor, double> head, ForwardContext context)
    {
        using var guard = no_grad();
        var embedded = Embed(ids, context);                                             // (B, T, E)
        var hidden = pass.Forward(embedded.view(-1, embedded.shape[^1]));               // (B·T, E)
        var gradient = zeros_like(hidden);
        long[] shape = [.. ids.shape, hidden.shape[1]];
        var loss = head(hidden.view(shape), gradient.view(shape));
        AccumulateEmbeddingGradients(ids, pass.Backward(gradient).view(embedded.shape), context);
        return loss;
    }

    /// <summary>A pass for one batch, or null where the context needs what only <see cref="Blocks"/> can do.</summary>
    private protected virtual ITrainingPass? NewTrainingPass(long tokens, ForwardContext context) => null;

    /// <summary>(B, T) → (B, T, embedding width): rows of all tables, without autograd.</summary>
    protected abstract Tensor Embed(Tensor ids, ForwardContext context);

    /// <summary>(B, T, embedding width) → (B, T, E): what follows the tables, and all layers.</summary>
    protected abstract Tensor Blocks(Tensor x, ForwardContext context);

    /// <param name="gradient">(B, T, embedding width): of what <see cref="Embed"/> gave.</param>
    protected abstract void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context);

    /// <summary>Adds to the gradient of the table of tokens, whose row of padding is not trained.</summary>
    private protected void AccumulateTokenGradients(Parameter table, Tensor ids, Tensor gradient)
    {
        if (Config.PadTokenId is not { } pad)
        {
            EmbeddingTable.AccumulateGradient(table, ids, gradient);
            return;
        }
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        EmbeddingTable.AccumulateGradient(table, ids, gradient.masked_fill(ids.eq(pad).unsqueeze(-1), 0));
    }

    private void Check(Tensor ids, ForwardContext context)
    {
        if (context.Cache is not null) throw new OptionsException("an encoder reads a text whole; it keeps nothing in a cache.");
        ModelInputs.Check(this, ids, context);
        if (context.TokenTypeIds is not { } types) return;
        if (Config.TokenTypes == 0) throw new OptionsException($"the batch tells two texts apart by token types; a {Config.ModelType} model has none.");
        if (types.dtype != ScalarType.Int64 || !types.shape.SequenceEqual(ids.shape)) throw new OptionsException($"the token types are {TensorRange.Describe(types)}; expected those of the ids, {TensorRange.Describe(ids)}, as Int64.");
        TensorRange.Check(types, 0, Config.TokenTypes, "token type", $"this model has 0 to {Config.TokenTypes - 1}.");
    }

    internal static ForwardContext ContextOf(ModelBatch batch, bool training)
    {
        if (batch.DecoderInputIds is not null) throw new OptionsException("the batch has tokens for a decoder; an encoder reads one sequence. Choose an encoder-decoder model, or another objective.");
        if (batch.Prefix is not null) throw new OptionsException("the batch has prefixes, within which tokens see each other; in an encoder all do. Choose another objective.");
        return new ForwardContext { Training = training, AttentionMask = batch.AttentionMask, Positions = batch.Positions, Documents = batch.Documents, TokenTypeIds = batch.TokenTypeIds, LossOptions = training ? batch.LossOptions : LossOptions.Plain };
    }
}
