using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;

namespace Loquat.Planning;

/// <summary>
/// The sizes of a decoder: enough to count its parameters, products and memory without building it.
/// </summary>
public sealed record ModelShape
{
    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Heads of keys and values.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Size of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width inside the feed-forward layer.</summary>
    public required int FeedForward { get; init; }

    /// <summary>The feed-forward layer has a gate: three matrices instead of two.</summary>
    public bool Gated { get; init; }

    /// <summary>The output head is the embedding.</summary>
    public bool Tied { get; init; }

    /// <summary>Linear layers and norms have biases, as in GPT-2.</summary>
    public bool Biases { get; init; }

    /// <summary>Rows of a learned position embedding; 0 for rotary positions.</summary>
    public int LearnedPositions { get; init; }

    /// <summary>Each query and key head has a normalization gain.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Queries, keys and values come from one matrix, as in GPT-2.</summary>
    public bool FusedQueryKeyValue { get; init; }

    /// <summary>Query heads times head size.</summary>
    public int AttentionWidth => Heads * HeadSize;

    /// <summary>Key heads times head size.</summary>
    public int KeyWidth => KeyValueHeads * HeadSize;

    /// <summary>A GPT-2.</summary>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Attention heads; divides the width.</param>
    /// <param name="width">Width.</param>
    /// <param name="vocabulary">Token kinds.</param>
    /// <param name="context">Learned positions.</param>
    /// <param name="biases">As published: yes. nanoGPT's notebook counts without.</param>
    public static ModelShape Gpt2(int layers, int heads, int width, int vocabulary, int context, bool biases = true) => new()
    {
        Vocabulary = vocabulary,
        Width = width,
        Layers = layers,
        Heads = heads,
        KeyValueHeads = heads,
        HeadSize = width / heads,
        FeedForward = 4 * width,
        Tied = true,
        Biases = biases,
        LearnedPositions = context,
        FusedQueryKeyValue = true,
    };

    /// <summary>A member of the Llama family.</summary>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyValueHeads">Heads of keys and values; divides <paramref name="heads"/>.</param>
    /// <param name="width">Width.</param>
    /// <param name="feedForward">Width inside the gated feed-forward layer.</param>
    /// <param name="vocabulary">Token kinds.</param>
    /// <param name="tied">Whether the head is the embedding.</param>
    /// <param name="queryKeyNorm">Whether heads are normalized, as in Qwen3.</param>
    /// <param name="headSize">Default: width / heads.</param>
    public static ModelShape Llama(
        int layers, int heads, int keyValueHeads, int width, int feedForward, int vocabulary, bool tied = false, bool queryKeyNorm = false, int? headSize = null) => new()
        {
            Vocabulary = vocabulary,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize ?? width / heads,
            FeedForward = feedForward,
            Gated = true,
            Tied = tied,
            QueryKeyNorm = queryKeyNorm,
        };

    /// <summary>The shape of a model configuration.</summary>
    /// <exception cref="OptionsException">An architecture that cannot be planned by its parts.</exception>
    public static ModelShape Of(ModelConfig config) => Find(config) ?? throw new OptionsException($"there is no plan by parts for model_type '{config.ModelType}'.");

    /// <summary>The shape of a model configuration; null for an architecture that cannot be planned by its parts.</summary>
    public static ModelShape? Find(ModelConfig config) => config switch
    {
        Gpt2Config gpt2 => Gpt2(gpt2.NLayer, gpt2.NHead, gpt2.NEmbd, gpt2.VocabSize, gpt2.NPositions) with { FeedForward = gpt2.NInner ?? 4 * gpt2.NEmbd, Tied = gpt2.TieWordEmbeddings },
        LlamaConfig { Variant: LlamaVariant.Llama or LlamaVariant.Qwen3 or LlamaVariant.Mistral } llama => Llama(
            llama.NumHiddenLayers, llama.NumAttentionHeads, llama.NumKeyValueHeads ?? llama.NumAttentionHeads, llama.HiddenSize, llama.IntermediateSize,
            llama.VocabSize, llama.TieWordEmbeddings, llama.Variant == LlamaVariant.Qwen3, llama.HeadDim),
        _ => null,
    };

    /// <summary>Parameters of each component.</summary>
    public ParameterPlan Parameters()
    {
        long bias = Biases ? 1 : 0;
        long norm = (1 + bias) * Width;
        return new ParameterPlan
        {
            Layers = Layers,
            TokenEmbedding = (long)Vocabulary * Width,
            PositionEmbedding = (long)LearnedPositions * Width,
            Attention = (long)Width * (2L * AttentionWidth + 2L * KeyWidth) + bias * (AttentionWidth + 2L * KeyWidth + Width),
            FeedForward = (Gated ? 3L : 2L) * Width * FeedForward + bias * ((Gated ? 2L : 1L) * FeedForward + Width),
            BlockNorms = 2 * norm + (QueryKeyNorm ? 2L * HeadSize : 0),
            FinalNorm = norm,
            Head = Tied ? 0 : (long)Vocabulary * Width,
        };
    }

    /// <summary>Floating-point operations of the forward pass over one sequence.</summary>
    /// <param name="context">Tokens in the sequence.</param>
    public FlopPlan Forward(int context)
    {
        var tokens = (long)context;
        return new FlopPlan
        {
            Layers = Layers,
            Tokens = tokens,
            QueryKeyValue = 2 * tokens * Width * (AttentionWidth + 2L * KeyWidth),
            Scores = 2 * tokens * tokens * AttentionWidth,
            Values = 2 * tokens * tokens * AttentionWidth,
            Projection = 2 * tokens * AttentionWidth * Width,
            FeedForward = 2 * tokens * (Gated ? 3L : 2L) * Width * FeedForward,
            Head = 2 * tokens * Width * Vocabulary,
        };
    }

    /// <summary>Training operations per token by the common estimate 6 N + 12 L H Q T (Chowdhery et al. 2022, appendix B), N all parameters.</summary>
    /// <param name="context">Tokens in a sequence.</param>
    public long EstimatedTrainingFlopsPerToken(int context) => 6 * Parameters().Total + 12L * Layers * AttentionWidth * context;

    /// <summary>Non-embedding parameters as Kaplan et al. 2020, table 1, count them: matrices of the blocks only.</summary>
    public long KaplanParameters => Layers * (Width * (2L * AttentionWidth + 2L * KeyWidth) + (Gated ? 3L : 2L) * Width * FeedForward);

    /// <summary>Forward operations per token as Kaplan et al. 2020, table 1, count them: 2 N + 2 L T H.</summary>
    public long KaplanForwardFlopsPerToken(int context) => 2 * KaplanParameters + 2L * Layers * context * AttentionWidth;

    /// <summary>Operations of Muon's Newton-Schulz products in one optimizer step, whatever the batch.</summary>
    /// <param name="iterations">Newton-Schulz steps.</param>
    public long NewtonSchulzFlops(int iterations)
    {
        var attention = FusedQueryKeyValue
            ? Matrix(AttentionWidth + 2L * KeyWidth, Width)
            : Matrix(AttentionWidth, Width) + 2 * Matrix(KeyWidth, Width);
        return Layers * iterations * (attention + Matrix(AttentionWidth, Width) + (Gated ? 3 : 2) * Matrix(FeedForward, Width));

        // The Gram matrix and the product with it take 2 · long · short² each, the square of the Gram matrix 2 · short³.
        static long Matrix(long rows, long columns)
        {
            var (small, large) = (Math.Min(rows, columns), Math.Max(rows, columns));
            return 4 * large * small * small + 2 * small * small * small;
        }
    }

    /// <summary>Bytes of cached keys and values: 2 · layers · batch · tokens · key heads · head size · bytes.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="tokens">Tokens in each.</param>
    /// <param name="bytesPerValue">4 in float32, 2 in bfloat16.</param>
    public long KeyValueCacheBytes(int batch, int tokens, int bytesPerValue) => 2L * Layers * batch * tokens * KeyWidth * bytesPerValue;
}
