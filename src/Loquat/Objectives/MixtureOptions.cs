using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>UL2's mixture of denoisers (Tay et al. 2023, table 1): short spans, long spans or much noise, and a prefix whose rest is to be written; a token says which.</summary>
public sealed record MixtureOptions : ObjectiveOptions
{
    internal const string Regular = "[NLU]", Extreme = "[NLG]", Sequential = "[S2S]";

    [Description("Share of the sequences whose last quarter is to be written (S-denoising); the rest share the six other denoisers evenly.")]
    [Range(0, 1)]
    public double SequentialRate { get; init; } = 0.25;

    public override string Type => "ul2";

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.EncoderDecoder];

    public override IReadOnlyList<string> SpecialTokens => [.. Sentinels.AllTokens, Regular, Extreme, Sequential];

    public override TextObjective Create(ObjectiveSetting setting) => new MixtureObjective(this, setting);
}

internal sealed class MixtureObjective : TextObjective
{
    // Mean span and density of each denoiser; regular ones first.
    private static readonly (bool Regular, double Mean, double Density)[] _denoisers = [(true, 3, 0.15), (true, 8, 0.15), (false, 3, 0.5), (false, 8, 0.5), (false, 64, 0.15), (false, 64, 0.5)];
    private const double SequentialShare = 0.25;

    private readonly MixtureOptions _options;
    private readonly ulong _seed;
    private readonly Sentinels _sentinels;
    private readonly long _regular, _extreme, _sequential;

    public MixtureObjective(MixtureOptions options, ObjectiveSetting setting)
    {
        (_options, _seed) = (options, setting.Seed);
        var length = 1;
        while (_denoisers.All(d => SpanCorruption.Lengths(length + 1, d.Density, d.Mean).Inputs + 1 <= setting.ContextLength) && length + 1 - (int)(SequentialShare * (length + 1)) + 3 <= setting.ContextLength) length++;
        if (length < 4) throw new OptionsException($"training.context_length is {setting.ContextLength}; the objective ul2 needs 8 or more.");
        TextTokens = length;
        _sentinels = Sentinels.Of(setting, 1 + _denoisers.Max(d => SpanCorruption.Counts(length, d.Density, d.Mean).Spans));
        (_regular, _extreme, _sequential) = (Mode(MixtureOptions.Regular), Mode(MixtureOptions.Extreme), Mode(MixtureOptions.Sequential));

        long Mode(string token) => setting.Special(token, "which tells the model its denoiser");
    }

    public override int TextTokens { get; }

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = new List<(List<long>, List<long>)>();
        for (var row = 0; row < text.Length / TextTokens; row++)
        {
            var random = new SequenceRandom(_seed, place + row);
            rows.Add(One(text.Slice(row * TextTokens, TextTokens), ref random));
        }
        return DecoderRows.Batch(rows, _sentinels.Start, _sentinels.End);
    }

    private (List<long>, List<long>) One(ReadOnlySpan<long> tokens, ref SequenceRandom random)
    {
        if (random.NextDouble() < _options.SequentialRate) return Denoising.Sequential(tokens, tokens.Length - Math.Max(1, (int)(SequentialShare * tokens.Length)), _sequential, _sentinels.Ids[0], _sentinels.End);
        var (regular, mean, density) = _denoisers[random.Next(_denoisers.Length)];
        var (noise, spans) = SpanCorruption.Counts(tokens.Length, density, mean);
        var (inputs, targets) = SpanCorruption.Apply(tokens, SpanCorruption.Mask(tokens.Length, noise, spans, ref random), _sentinels.Ids, _sentinels.End);
        inputs.Insert(0, regular ? _regular : _extreme);
        return (inputs, targets);
    }
}
