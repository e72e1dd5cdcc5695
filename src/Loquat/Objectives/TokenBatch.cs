using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>Rows of numbers that an objective made of text, before they become tensors. Shorter rows are filled up and masked out.</summary>
/// <param name="rows">Sequences.</param>
/// <param name="length">Tokens in each.</param>
public sealed class TokenBatch(int rows, int length)
{
    public int Rows => rows;

    public int Length => length;

    /// <summary>(rows, length).</summary>
    public long[] InputIds { get; init; } = new long[rows * length];

    /// <summary>(rows, length), or (rows, <see cref="DecoderLength"/>) where there is a decoder, or (rows, <see cref="LabelsPerRow"/>); -100 does not count.</summary>
    public required long[] Labels { get; init; }

    /// <summary>Labels of a row where they are not of its tokens: 1 for its class, 2 for the first and last token of a span; null: one a token.</summary>
    public int? LabelsPerRow { get; init; }

    /// <summary>(rows, <see cref="LabelsPerRow"/>): numbers in place of <see cref="Labels"/>: scores, or 0 and 1 for each of several classes; null: none.</summary>
    public float[]? Targets { get; init; }

    /// <summary>(rows, length): 1 = token, 0 = filled up; null: all are tokens.</summary>
    public long[]? AttentionMask { get; init; }

    /// <summary>(rows, length): which of two texts; null: one text.</summary>
    public long[]? TokenTypeIds { get; init; }

    /// <summary>(rows, length): which document of a packed row; null: attention does not look at documents.</summary>
    public long[]? Documents { get; init; }

    /// <summary>(rows, length): where each token stands in its document; null: where it stands in the row.</summary>
    public long[]? Positions { get; init; }

    /// <summary>(rows): so many first tokens see each other; null: none.</summary>
    public long[]? Prefix { get; init; }

    /// <summary>Tokens in each row of the decoder.</summary>
    public int DecoderLength { get; init; }

    /// <summary>(rows, <see cref="DecoderLength"/>); null: there is no decoder.</summary>
    public long[]? DecoderInputIds { get; init; }

    /// <summary>(rows): the class of a whole row; null: none.</summary>
    public long[]? RowLabels { get; init; }

    /// <summary>(rows): the log-probability of each row's labels under the model that answers are compared with; null: nothing is compared.</summary>
    public double[]? References { get; init; }

    /// <summary>(rows): the answer to each row that is known to be right; null: none is.</summary>
    public IReadOnlyList<string>? Expected { get; init; }

    /// <summary>Labels that count.</summary>
    public long Counted => Targets?.Length ?? Labels.LongCount(label => label >= 0);

    /// <summary>Whether both can be rows of one batch.</summary>
    internal bool JoinsWith(TokenBatch other) => Length == other.Length && DecoderLength == other.DecoderLength && LabelsPerRow == other.LabelsPerRow && Targets is null && other.Targets is null && References is null && other.References is null && Expected is null && other.Expected is null
        && Parts().Select(part => part is null).SequenceEqual(other.Parts().Select(part => part is null));

    /// <summary>Every row, and then every row once more.</summary>
    internal TokenBatch Twice() => Targets is null && References is null ? Join([this, this]) : throw new OptionsException("R-Drop compares two predictions of classes; the labels of this batch are numbers. Leave r_drop_alpha out.");

    internal static TokenBatch Join(IReadOnlyList<TokenBatch> batches)
    {
        if (batches.Count == 1) return batches[0];
        return new TokenBatch(batches.Sum(b => b.Rows), batches[0].Length)
        {
            InputIds = All(b => b.InputIds)!,
            Labels = All(b => b.Labels)!,
            LabelsPerRow = batches[0].LabelsPerRow,
            AttentionMask = All(b => b.AttentionMask),
            TokenTypeIds = All(b => b.TokenTypeIds),
            Documents = All(b => b.Documents),
            Positions = All(b => b.Positions),
            Prefix = All(b => b.Prefix),
            DecoderLength = batches[0].DecoderLength,
            DecoderInputIds = All(b => b.DecoderInputIds),
            RowLabels = All(b => b.RowLabels),
        };

        long[]? All(Func<TokenBatch, long[]?> part) => part(batches[0]) is null ? null : [.. batches.SelectMany(b => part(b)!)];
    }

    private long[] LabelShape => LabelsPerRow switch
    {
        null => [rows, DecoderInputIds is null ? length : DecoderLength],
        1 => [rows],
        { } several => [rows, several],
    };

    private long[]?[] Parts() => [AttentionMask, TokenTypeIds, Documents, Positions, Prefix, DecoderInputIds, RowLabels];

    /// <summary>As tensors in the caller's scope.</summary>
    public ModelBatch ToTensors(Device device)
    {
        return new ModelBatch
        {
            InputIds = tensor(InputIds, [rows, length], device: device),
            Labels = Targets is null ? tensor(Labels, LabelShape, device: device) : tensor(Targets, LabelShape, device: device),
            AttentionMask = Of(AttentionMask, length),
            TokenTypeIds = Of(TokenTypeIds, length),
            Documents = Of(Documents, length),
            Positions = Of(Positions, length),
            Prefix = Prefix is null ? null : tensor(Prefix, device: device),
            DecoderInputIds = Of(DecoderInputIds, DecoderLength),
            RowLabels = RowLabels is null ? null : tensor(RowLabels, device: device),
            // The mean over the rows is added to that over the labels.
            RowWeight = RowLabels is null ? 1 : (double)Counted / rows,
        };

        Tensor? Of(long[]? values, int columns) => values is null ? null : tensor(values, [rows, columns], device: device);
    }
}
