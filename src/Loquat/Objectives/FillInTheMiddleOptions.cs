using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>
/// A part of the sequence is moved to its end, so that a causal model learns to write what stands between (Bavarian et al. 2022, section 3): prefix, suffix, middle, or suffix first. The places are drawn among tokens.
/// </summary>
public sealed record FillInTheMiddleOptions : ObjectiveOptions
{
    [Description("Share of the sequences that are rearranged.")]
    [Range(0, 1)]
    public double FimRate { get; init; } = 0.5;

    [Description("Of those, the share in which the suffix comes first.")]
    [Range(0, 1)]
    public double SpmRate { get; init; } = 0.5;

    public override string Type => "fill_in_the_middle";

    public override bool TakesTeacher => true;

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Causal];

    public override IReadOnlyList<string> SpecialTokens => ["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];

    public override TextObjective Create(ObjectiveSetting setting) => new FillInTheMiddleObjective(this, setting);
}

internal sealed class FillInTheMiddleObjective : TextObjective
{
    private const int Added = 3;

    private readonly FillInTheMiddleOptions _options;
    private readonly ulong _seed;
    private readonly FillInTheMiddle.Tokens _tokens;
    private readonly int _length;

    public FillInTheMiddleObjective(FillInTheMiddleOptions options, ObjectiveSetting setting)
    {
        (_options, _seed, _length) = (options, setting.Seed, setting.ContextLength);
        if (TextTokens < 3) throw new OptionsException($"training.context_length is {setting.ContextLength}; fill_in_the_middle needs 6 or more.");
        var end = setting.Roles.End ?? throw new OptionsException("objective: the tokenizer has no token that ends texts, with which the middle ends.");
        _tokens = new(setting.Special("<|fim_prefix|>", "before the prefix"), setting.Special("<|fim_suffix|>", "before the suffix"), setting.Special("<|fim_middle|>", "before the middle"), end);
    }

    public override int TextTokens => _length - Added;

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = text.Length / TextTokens;
        var batch = new TokenBatch(rows, _length) { Labels = new long[rows * _length] };
        Array.Fill(batch.Labels, ModelBatch.Ignored);
        for (var row = 0; row < rows; row++)
        {
            var tokens = text.Slice(row * TextTokens, TextTokens);
            var ids = batch.InputIds.AsSpan(row * _length, _length);
            var labels = batch.Labels.AsSpan(row * _length, _length);
            var random = new SequenceRandom(_seed, place + row);
            if (random.NextDouble() >= _options.FimRate)
            {
                // What fills up the row stands after all that is read, and is no label.
                ids.Fill(_tokens.End);
                tokens.CopyTo(ids);
                next.Slice(row * TextTokens, TextTokens).CopyTo(labels);
                continue;
            }
            var suffixFirst = random.NextDouble() < _options.SpmRate;
            var (a, b) = (random.Next(TextTokens + 1), random.Next(TextTokens + 1));
            var moved = FillInTheMiddle.Apply(tokens, Math.Min(a, b), Math.Max(a, b), _tokens, suffixFirst ? FillInTheMiddle.Order.SuffixFirstJoined : FillInTheMiddle.Order.PrefixFirst);
            for (var i = 0; i < _length; i++) (ids[i], labels[i]) = (moved[i], moved[i + 1]);
        }
        return batch;
    }
}

/// <summary>The rearranged sequence itself.</summary>
internal static class FillInTheMiddle
{
    public readonly record struct Tokens(long Prefix, long Suffix, long Middle, long End);

    public enum Order
    {
        /// <summary>PSM.</summary>
        PrefixFirst,

        /// <summary>SPM, each part after its token (variant 1).</summary>
        SuffixFirst,

        /// <summary>SPM as it is trained together with PSM: both tokens first, prefix and middle joined (variant 2).</summary>
        SuffixFirstJoined,
    }

    /// <param name="from">Where the middle begins.</param>
    /// <param name="to">Where the suffix begins.</param>
    public static List<long> Apply(ReadOnlySpan<long> tokens, int from, int to, Tokens special, Order order)
    {
        var prefix = tokens[..from];
        var middle = tokens[from..to];
        var suffix = tokens[to..];
        return order switch
        {
            Order.PrefixFirst => [special.Prefix, .. prefix, special.Suffix, .. suffix, special.Middle, .. middle, special.End],
            Order.SuffixFirst => [special.Suffix, .. suffix, special.Prefix, .. prefix, special.Middle, .. middle, special.End],
            _ => [special.Prefix, special.Suffix, .. suffix, special.Middle, .. prefix, .. middle, special.End],
        };
    }
}
