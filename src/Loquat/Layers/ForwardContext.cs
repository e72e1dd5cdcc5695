using Loquat.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What one forward pass knows besides its tokens.</summary>
public sealed class ForwardContext
{
    /// <summary>Training applies dropout.</summary>
    public bool Training { get; init; }

    /// <summary>How labels are counted, where this is a training pass.</summary>
    public LossOptions LossOptions { get; init; } = LossOptions.Plain;

    /// <summary>Factor of the gradients of a training pass: 1 / counted tokens of the whole step.</summary>
    internal double LossScale { get; set; }

    /// <summary>(V, 1): which rows of the embedding this pass sees, and by which factor; null: all.</summary>
    internal Tensor? EmbeddingMask { get; set; }

    /// <summary>What is kept of earlier tokens, in generation.</summary>
    public ModelCache? Cache { get; init; }

    /// <summary>(B, S) int64, 1 = token, 0 = padding, over cached and new tokens; null: no padding.</summary>
    public Tensor? AttentionMask { get; init; }

    /// <summary>(B, T) int64; null: consecutive from the cache's length.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>(B, T) int64: the document of each token of a packed sequence; attention does not cross. Null: one document.</summary>
    public Tensor? Documents { get; init; }

    /// <summary>
    /// (B, T) int64: the branch of each new token; -1: the trunk. A token sees those before it of the trunk, of its own branch, and in the cache. Several continuations of one beginning are
    /// so read in one row without padding; <see cref="Positions"/> must say where each token stands. Null: one text.
    /// </summary>
    internal Tensor? Branches { get; init; }

    /// <summary>(B) int64: so many first tokens of each sequence see each other, whatever their order (a prefix); null: none.</summary>
    public Tensor? Prefix { get; init; }

    /// <summary>(B, T) int64: which of two texts a token belongs to; null: all 0.</summary>
    public Tensor? TokenTypeIds { get; init; }

    /// <summary>The text that a decoder writes from; null: the cache holds it.</summary>
    public EncoderOutput? Source { get; init; }

    /// <summary>Keys and values that stand before every text; null: none, or the cache holds them.</summary>
    internal KvPrefix? KeyValues { get; init; }

    /// <summary>A loss of the model's own, such as the balance of its experts, in nats for each counted label: a model may leave it here.</summary>
    internal Tensor? Auxiliary { get; set; }

    /// <summary>Receives the state after each layer, (B, T, E) in the caller's hands, from models that tell them; null: nobody asks.</summary>
    internal List<Tensor>? States { get; init; }

    /// <summary>The same without options of the loss: they are those of tokens, not of rows.</summary>
    internal ForwardContext WithPlainLoss() => LossOptions.IsPlain ? this : new() { Training = Training, AttentionMask = AttentionMask, Documents = Documents, TokenTypeIds = TokenTypeIds };

    /// <summary>Position of the first new token.</summary>
    public long Past => Cache?.Past ?? KeyValues?.Tokens ?? 0;

    /// <summary>The same where so many learned tokens stand before every text.</summary>
    /// <param name="keyValues">Their keys and values; null: the sequence has them, or the cache.</param>
    /// <param name="inRow">Whether they are tokens of the sequence.</param>
    /// <exception cref="OptionsException">Documents are packed into sequences, of which one alone would have them.</exception>
    internal ForwardContext After(long tokens, KvPrefix? keyValues, bool inRow)
    {
        if ((Documents ?? Prefix) is not null) throw new OptionsException("the batch packs documents, or has a prefix of its own; the learned tokens of prefix_tuning and prompt_tuning stand before one text a row. Choose another adapter, or another objective.");
        using var guard = no_grad();
        var positions = Positions is { } given ? given + tokens : null;
        var branches = Branches;
        if (inRow && positions is not null) positions = cat([arange(tokens, device: positions.device).expand(positions.shape[0], -1), positions], 1);
        if (inRow && branches is not null) branches = cat([full([branches.shape[0], tokens], -1L, dtype: ScalarType.Int64, device: branches.device), branches], 1);
        return new()
        {
            Training = Training,
            LossOptions = LossOptions,
            LossScale = LossScale,
            EmbeddingMask = EmbeddingMask,
            Cache = Cache,
            AttentionMask = AttentionMask is { } mask ? cat([ones([mask.shape[0], tokens], dtype: mask.dtype, device: mask.device), mask], 1) : null,
            Positions = positions,
            Branches = branches,
            TokenTypeIds = TokenTypeIds,
            Source = Source,
            KeyValues = keyValues,
            States = States,
        };
    }
}
