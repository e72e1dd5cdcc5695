using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>A model that reads one text whole and writes another from it: T5, BART, Marian, and recurrent networks with attention.</summary>
public abstract class EncoderDecoderModel : Model
{
    // B batch, S tokens read, U tokens written, E width, V vocabulary of the decoder

    private readonly EncoderDecoderConfig _config;

    /// <inheritdoc/>
    protected EncoderDecoderModel(EncoderDecoderConfig config, Placement placement, ulong? seed) : base(config, placement, seed) => _config = config;

    /// <summary>The projection to the vocabulary, (V, E); a table of token vectors where the two are tied.</summary>
    public abstract Parameter Head { get; }

    /// <summary>Added to the logits, (V) or (1, V), and never trained; null: nothing.</summary>
    protected virtual Parameter? LogitsBias => null;

    /// <summary>The state of the encoder after its last layer.</summary>
    /// <param name="ids">(B, S) int64.</param>
    /// <returns>(B, S, E).</returns>
    /// <exception cref="OptionsException">A token or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public Tensor Encode(Tensor ids, ForwardContext context)
    {
        ModelInputs.Check(this, ids, context);
        using var embedded = Embed(ids, context, decoder: false);
        return EncoderBlocks(embedded, context);
    }

    /// <summary>The state of the decoder after its last layer, ready for <see cref="Head"/>.</summary>
    /// <param name="ids">(B, U) int64: what is written so far, beginning with <see cref="EncoderDecoderConfig.DecoderStart"/>; with a cache, what it has not seen.</param>
    /// <param name="context">Has <see cref="ForwardContext.Source"/>, or a cache of <see cref="NewCache"/>.</param>
    /// <returns>(B, U, E).</returns>
    /// <exception cref="OptionsException">As <see cref="Encode"/>.</exception>
    public Tensor Decode(Tensor ids, ForwardContext context)
    {
        if ((context.Source is null) == (context.Cache is null)) throw new OptionsException("a decoder writes from what was encoded: give either Source or a Cache.");
        if (context.Source is { } source && source.Hidden.shape[0] != ids.shape[0]) throw new OptionsException($"{source.Hidden.shape[0]} texts were encoded, and {ids.shape[0]} are written.");
        ModelInputs.CheckDecoder(this, ids, context, _config.DecoderVocabularySize, _config.DecoderLayerCount);
        using var embedded = Embed(ids, context, decoder: true);
        return DecoderBlocks(embedded, context);
    }

    /// <param name="hidden">(…, E): what <see cref="Decode"/> gave.</param>
    /// <returns>(…, V).</returns>
    public Tensor Project(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var logits = Linear.Apply(hidden, Head.Value);
        return (LogitsBias is { } bias ? logits + bias.Value.to(logits.dtype) : logits).MoveToOuterDisposeScope();
    }

    /// <summary>The loss of each label and the likeliest label of each place.</summary>
    /// <param name="hidden">(B, U, E): what <see cref="Decode"/> gave.</param>
    /// <param name="labels">(B · U) int64.</param>
    internal void Score(Tensor hidden, Tensor labels, double[] losses, long[] likeliest) =>
        VocabularyHead.CrossEntropy(hidden.reshape(-1, hidden.shape[^1]), Head, labels, 1, gradient: null, losses, LogitsBias, likeliest: likeliest);

    /// <param name="ids">(B, S) int64: what is read.</param>
    /// <param name="decoderIds">(B, U) int64: what is written.</param>
    /// <param name="mask">(B, S) int64, 1 = token, 0 = padding of what is read; null: no padding.</param>
    /// <returns>(B, U, V).</returns>
    public Tensor Logits(Tensor ids, Tensor decoderIds, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var hidden = Encode(ids, new ForwardContext { AttentionMask = mask });
        return Project(Decode(decoderIds, new ForwardContext { Source = new(hidden, mask) })).MoveToOuterDisposeScope();
    }

    /// <summary>What a decoder keeps of a text that it reads and, so far, of none that it writes.</summary>
    /// <param name="capacity">Tokens for which there is room at first.</param>
    public abstract ModelCache NewCache(EncoderOutput source, long capacity);

    /// <summary>What the decoder reads where it is to predict <paramref name="labels"/>: the start token, then each label but the last; padding for what does not count.</summary>
    /// <param name="labels">(B, U) int64.</param>
    /// <returns>(B, U).</returns>
    /// <exception cref="OptionsException">The configuration names no start token.</exception>
    public Tensor DecoderInputs(Tensor labels)
    {
        using var scope = NewDisposeScope();
        var start = full([labels.shape[0], 1], _config.DecoderStart, dtype: ScalarType.Int64, device: labels.device);
        var ids = cat([start, labels.narrow(1, 0, labels.shape[1] - 1)], 1);
        return ids.masked_fill(ids.lt(0), _config.PadTokenId ?? _config.DecoderStart).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override double LossAndGradients(ModelBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        var (ids, decoderIds, context) = Read(batch, training: true);
        var read = Embed(ids, context, decoder: false).requires_grad_(true);                        // (B, S, E)
        var written = Embed(decoderIds, context, decoder: true).requires_grad_(true);               // (B, U, E)
        var source = new EncoderOutput(EncoderBlocks(read, context), batch.AttentionMask);
        var hidden = DecoderBlocks(written, new ForwardContext { Training = true, Source = source });
        var rows = hidden.detach().reshape(-1, hidden.shape[^1]);                                   // (B · U, E)
        var gradient = empty_like(rows);
        var loss = VocabularyHead.CrossEntropy(rows, Head, batch.Labels.reshape(-1), scale, gradient, bias: LogitsBias, options: batch.LossOptions);
        hidden.backward([gradient.view(hidden.shape)]);
        if (read.grad is { } first) AccumulateEmbeddingGradients(ids, first, decoder: false);
        if (written.grad is { } second) AccumulateEmbeddingGradients(decoderIds, second, decoder: true);
        return loss;
    }

    /// <inheritdoc/>
    public override double Loss(ModelBatch batch, double[]? losses = null)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var (ids, decoderIds, context) = Read(batch, training: false);
        var source = new EncoderOutput(Encode(ids, context), batch.AttentionMask);
        var hidden = Decode(decoderIds, new ForwardContext { Source = source });
        return VocabularyHead.CrossEntropy(hidden.reshape(-1, hidden.shape[^1]), Head, batch.Labels.reshape(-1), 1, gradient: null, losses, LogitsBias);
    }

    private (Tensor Ids, Tensor DecoderIds, ForwardContext Context) Read(ModelBatch batch, bool training)
    {
        if (batch.TokenTypeIds is not null) throw new OptionsException("the batch tells two texts apart by token types; an encoder-decoder has none. Choose another objective.");
        if (batch.RowLabels is not null) throw new OptionsException("the batch has labels of whole rows; an encoder-decoder has no head for them. Choose another objective.");
        if ((batch.Documents ?? batch.Prefix ?? batch.Positions) is not null)
            throw new OptionsException("the batch packs documents, or has a prefix or positions of its own; an encoder-decoder reads one text a row. Choose another objective.");
        var decoderIds = batch.DecoderInputIds ?? DecoderInputs(batch.Labels);
        var context = new ForwardContext { Training = training, AttentionMask = batch.AttentionMask };
        ModelInputs.Check(this, batch.InputIds, context);
        if (decoderIds.shape[0] != batch.InputIds.shape[0]) throw new OptionsException($"{batch.InputIds.shape[0]} texts are read, and {decoderIds.shape[0]} are written.");
        ModelInputs.CheckDecoder(this, decoderIds, new ForwardContext(), _config.DecoderVocabularySize, _config.DecoderLayerCount);
        ModelInputs.CheckLabels(decoderIds, batch.Labels, _config.DecoderVocabularySize);
        return (batch.InputIds, decoderIds, context);
    }

    /// <summary>Of what is read, or written: (B, T) → (B, T, E), without autograd.</summary>
    protected abstract Tensor Embed(Tensor ids, ForwardContext context, bool decoder);

    /// <summary>(B, S, E) → (B, S, E).</summary>
    protected abstract Tensor EncoderBlocks(Tensor x, ForwardContext context);

    /// <summary>(B, U, E) → (B, U, E), as <see cref="Head"/> takes it.</summary>
    protected abstract Tensor DecoderBlocks(Tensor x, ForwardContext context);

    /// <param name="gradient">(B, T, E): of what <see cref="Embed"/> gave.</param>
    protected abstract void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, bool decoder);
}
