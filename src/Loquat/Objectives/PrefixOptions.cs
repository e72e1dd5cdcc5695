using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>A prefix that is read whole and is no label; then each token from those before it (Raffel et al. 2020, section 3.2.2; Liu et al. 2018).</summary>
public sealed record PrefixOptions : ObjectiveOptions
{
    [Description("The shortest prefix, as a share of the sequence.")]
    [Range(0, 1)]
    public double MinPrefix { get; init; } = 0.1;

    [Description("The longest prefix, as a share of the sequence.")]
    [Range(0, 1)]
    public double MaxPrefix { get; init; } = 0.9;

    [Description("Whether attention stays within a document where a sequence holds several.")]
    public bool DocumentBounded { get; init; }

    public override string Type => "prefix";

    public override bool TakesTeacher => true;

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Causal];

    public override TextObjective Create(ObjectiveSetting setting) => MinPrefix <= MaxPrefix
        ? new PrefixObjective(this, setting)
        : throw new OptionsException($"objective.min_prefix is {MinPrefix}, above objective.max_prefix, {MaxPrefix}.");
}

internal sealed class PrefixObjective(PrefixOptions options, ObjectiveSetting setting) : TextObjective
{
    private readonly int? _end = DocumentIds.End(options.DocumentBounded, setting);

    public override int TextTokens => setting.ContextLength;

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = text.Length / TextTokens;
        var (labels, prefix) = (next.ToArray(), new long[rows]);
        for (var row = 0; row < rows; row++)
        {
            var random = new SequenceRandom(setting.Seed, place + row);
            var share = options.MinPrefix + (options.MaxPrefix - options.MinPrefix) * random.NextDouble();
            prefix[row] = Math.Clamp((long)Math.Round(share * TextTokens), 0, TextTokens - 1);
            // The last token of the prefix predicts the first after it; those before it have seen what they would predict.
            for (var i = 0; i < prefix[row] - 1; i++) labels[row * TextTokens + i] = ModelBatch.Ignored;
        }
        return new(rows, TextTokens) { InputIds = text.ToArray(), Labels = labels, Prefix = prefix, Documents = _end is { } id ? DocumentIds.Of(text, TextTokens, id, predicts: true) : null };
    }
}
