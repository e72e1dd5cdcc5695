using Loquat.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.StateSpace;

/// <summary>Which tokens of a batch a recurrence passes over, and at which it begins anew.</summary>
/// <param name="Padding">(B, T) bool; null: none is padding.</param>
/// <param name="Starts">(B, T) bool: the first token of each document but the first of the row; null: one document each.</param>
internal sealed record TokenMarks(Tensor? Padding, Tensor? Starts)
{
    /// <summary>As a context tells it, for its last <paramref name="tokens"/> tokens; null where there is neither.</summary>
    /// <exception cref="OptionsException">Tokens see those after them (a prefix), or a state would go on behind padding.</exception>
    public static TokenMarks? Of(ForwardContext context, long tokens, string modelType)
    {
        if (context.Prefix is not null) throw new OptionsException($"a {modelType} model reads from left to right; it has no prefix whose tokens see each other. Choose another objective.");
        if (context is { AttentionMask: null, Documents: null }) return null;
        Tensor? padding = null, starts = null;
        if (context.AttentionMask is { } mask)
        {
            if (context.Cache is not null && mask.shape[1] > 1 && mask.narrow(1, 1, mask.shape[1] - 1).lt(mask.narrow(1, 0, mask.shape[1] - 1)).any().item<bool>())
                throw new OptionsException($"a row of the attention mask has padding behind a token; a {modelType} model goes on from its last token, so rows are padded on the left.");
            padding = mask.narrow(1, mask.shape[1] - tokens, tokens).eq(0);
        }
        if (context.Documents is { } documents)
        {
            starts = zeros_like(documents, dtype: ScalarType.Bool);
            starts.narrow(1, 1, tokens - 1).copy_(documents.narrow(1, 1, tokens - 1).ne(documents.narrow(1, 0, tokens - 1)));
        }
        return new(padding, starts);
    }

    /// <summary>(B, T) uint8, as the kernels read it: <see cref="SequenceMark"/>.</summary>
    public Tensor Bytes => ((Padding, Starts) switch
    {
        ({ } padding, null) => padding.to(ScalarType.Byte) * SequenceMark.Padding,
        (null, { } starts) => starts.to(ScalarType.Byte) * SequenceMark.Start,
        var (padding, starts) => padding!.to(ScalarType.Byte) * SequenceMark.Padding + starts!.to(ScalarType.Byte) * SequenceMark.Start,
    }).contiguous();

    /// <summary>The same with 0 at padding.</summary>
    /// <param name="x">(B, T, E).</param>
    public Tensor Blank(Tensor x) => Padding is null ? x : x.masked_fill(Padding.unsqueeze(-1), 0);

    /// <summary>(B, T, …) with 0 where a document begins.</summary>
    public Tensor BlankStarts(Tensor x) => Starts is null ? x : x.masked_fill(Starts.unsqueeze(-1), 0);
}
