using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>Spans are cut out of a text, each leaving a sentinel, and are to be written one after the other (T5, Raffel et al. 2020, section 3.1.4).</summary>
public sealed record SpanCorruptionOptions : ObjectiveOptions
{
    [Description("Share of the tokens that is cut out.")]
    [Range(0.001, 0.999)]
    public double NoiseDensity { get; init; } = 0.15;

    [Description("Mean length of a span, in tokens.")]
    [Range(1, 10_000)]
    public double MeanNoiseSpanLength { get; init; } = 3;

    public override string Type => "span_corruption";

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.EncoderDecoder];

    public override ModelKind? Usual => ModelKind.EncoderDecoder;

    public override IReadOnlyList<string> SpecialTokens => Sentinels.AllTokens;

    public override TextObjective Create(ObjectiveSetting setting) => new SpanCorruptionObjective(this, setting);
}

/// <summary>The special tokens of T5's objectives: what stands for spans, what ends a text, what fills up and starts the decoder.</summary>
internal sealed class Sentinels
{
    private const int Count = 100;

    public static IReadOnlyList<string> AllTokens { get; } = ["<pad>", "</s>", .. Enumerable.Range(0, Count).Select(Name)];

    private Sentinels(long[] ids, long end, long start) => (Ids, End, Start) = (ids, end, start);

    /// <summary>Of the first span, the second, and so on.</summary>
    public long[] Ids { get; }

    public long End { get; }

    /// <summary>What the decoder reads first.</summary>
    public long Start { get; }

    /// <param name="needed">Spans of a sequence at most.</param>
    public static Sentinels Of(ObjectiveSetting setting, int needed)
    {
        if (needed > Count) throw new OptionsException($"the objective cuts up to {needed} spans out of a sequence; there are sentinels for {Count}. Give shorter sequences (training.context_length), longer spans or less noise.");
        var roles = setting.Roles;
        var end = roles.Separator ?? roles.End ?? setting.Special("</s>", "which ends a text");
        return new([.. Enumerable.Range(0, needed).Select(i => (long)setting.Special(Name(i), "which stands for a span"))], end, setting.DecoderStart);
    }

    private static string Name(int index) => $"<extra_id_{index}>";
}

internal sealed class SpanCorruptionObjective : TextObjective
{
    private readonly Sentinels _sentinels;
    private readonly ulong _seed;
    private readonly (int Noise, int Spans) _counts;
    private readonly (int Inputs, int Targets) _lengths;

    public SpanCorruptionObjective(SpanCorruptionOptions options, ObjectiveSetting setting)
    {
        var (density, mean) = (options.NoiseDensity, options.MeanNoiseSpanLength);
        // The longest text whose corrupted form still fits, as the reference has it.
        var length = 1;
        while (SpanCorruption.Lengths(length + 1, density, mean).Inputs <= setting.ContextLength) length++;
        if (length < 2) throw new OptionsException($"training.context_length is {setting.ContextLength}; span corruption needs 4 or more.");
        TextTokens = length;
        _counts = SpanCorruption.Counts(length, density, mean);
        _lengths = SpanCorruption.Lengths(length, density, mean);
        (_sentinels, _seed) = (Sentinels.Of(setting, _counts.Spans + 1), setting.Seed);
    }

    public override int TextTokens { get; }

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = new List<(List<long> Inputs, List<long> Targets)>();
        for (var row = 0; row < text.Length / TextTokens; row++)
        {
            var random = new SequenceRandom(_seed, place + row);
            var noise = SpanCorruption.Mask(TextTokens, _counts.Noise, _counts.Spans, ref random);
            rows.Add(SpanCorruption.Apply(text.Slice(row * TextTokens, TextTokens), noise, _sentinels.Ids, _sentinels.End));
        }
        return DecoderRows.Batch(rows, _sentinels.Start, _sentinels.End, _lengths.Inputs, _lengths.Targets);
    }
}

/// <summary>T5's noise, as its reference makes it.</summary>
internal static class SpanCorruption
{
    /// <summary>Tokens cut out, and in how many spans; halves round to even.</summary>
    public static (int Noise, int Spans) Counts(int length, double density, double mean)
    {
        var noise = Math.Clamp((int)Math.Round(length * density), 1, Math.Max(1, length - 1));
        return (noise, Math.Clamp((int)Math.Round(noise / mean), 1, Math.Max(1, Math.Min(noise, length - noise))));
    }

    /// <summary>Tokens of the corrupted text and of the target, the end token included.</summary>
    public static (int Inputs, int Targets) Lengths(int length, double density, double mean)
    {
        var (noise, spans) = Counts(length, density, mean);
        return (length - noise + spans + 1, noise + spans + 1);
    }

    /// <summary>Which tokens are cut out: spans and gaps of random lengths in turns, a gap first.</summary>
    public static bool[] Mask(int length, int noise, int spans, ref SequenceRandom random)
    {
        var (gaps, cuts) = (Segments(length - noise, spans, ref random), Segments(noise, spans, ref random));
        var mask = new bool[length];
        var at = 0;
        for (var i = 0; i < spans; i++)
        {
            at += gaps[i];
            mask.AsSpan(at, cuts[i]).Fill(true);
            at += cuts[i];
        }
        return mask;
    }

    /// <summary>Each span becomes its sentinel; the target is each span after its sentinel, a last sentinel where the text ends clean, and the end token.</summary>
    public static (List<long> Inputs, List<long> Targets) Apply(ReadOnlySpan<long> tokens, ReadOnlySpan<bool> noise, ReadOnlySpan<long> sentinels, long end)
    {
        return ([.. Side(tokens, noise, sentinels, cut: true), end], [.. Side(tokens, noise, sentinels, cut: false), end]);

        static List<long> Side(ReadOnlySpan<long> tokens, ReadOnlySpan<bool> noise, ReadOnlySpan<long> sentinels, bool cut)
        {
            var (side, used) = (new List<long>(), 0);
            for (var i = 0; i < tokens.Length; i++)
            {
                if (noise[i] != cut) side.Add(tokens[i]);
                else if (i == 0 || noise[i - 1] != cut) side.Add(sentinels[used++]);
            }
            return side;
        }
    }

    /// <summary>A whole as so many parts, each 1 or more, every way as likely.</summary>
    private static int[] Segments(int whole, int parts, ref SequenceRandom random)
    {
        var starts = new bool[Math.Max(0, whole - 1)];
        starts.AsSpan(0, parts - 1).Fill(true);
        random.Shuffle(starts.AsSpan());
        var segments = new int[parts];
        var at = 0;
        if (whole > 0) segments[0] = 1;
        foreach (var start in starts) segments[start ? ++at : at]++;
        return segments;
    }
}

/// <summary>Pairs of what is read and what is to be written, as one batch.</summary>
internal static class DecoderRows
{
    /// <param name="start">What the decoder reads first.</param>
    /// <param name="filler">Fills up shorter rows; masked out, and no label.</param>
    /// <param name="inputLength">The least length of the rows that are read.</param>
    /// <param name="targetLength">The least length of the rows that are written.</param>
    public static TokenBatch Batch(IReadOnlyList<(List<long> Inputs, List<long> Targets)> rows, long start, long filler, int inputLength = 0, int targetLength = 0)
    {
        inputLength = Math.Max(inputLength, rows.Max(row => row.Inputs.Count));
        targetLength = Math.Max(targetLength, rows.Max(row => row.Targets.Count));
        var (ids, mask) = (new long[rows.Count * inputLength], new long[rows.Count * inputLength]);
        var (decoder, labels) = (new long[rows.Count * targetLength], new long[rows.Count * targetLength]);
        Array.Fill(ids, filler);
        Array.Fill(decoder, filler);
        Array.Fill(labels, ModelBatch.Ignored);
        for (var row = 0; row < rows.Count; row++)
        {
            var (inputs, targets) = rows[row];
            inputs.CopyTo(ids, row * inputLength);
            mask.AsSpan(row * inputLength, inputs.Count).Fill(1);
            targets.CopyTo(labels, row * targetLength);
            decoder[row * targetLength] = start;
            targets.CopyTo(0, decoder, row * targetLength + 1, targets.Count - 1);
        }
        return new TokenBatch(rows.Count, inputLength)
        {
            InputIds = ids,
            AttentionMask = mask.Contains(0) ? mask : null,
            Labels = labels,
            DecoderLength = targetLength,
            DecoderInputIds = decoder,
        };
    }
}
