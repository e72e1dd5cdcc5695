using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>A text is damaged and the whole is to be written again (BART, Lewis et al. 2020, section 2.2). The five noises are applied in this order: sentences permuted, text infilled, tokens masked, deleted, the document rotated.</summary>
public sealed record DenoisingOptions : ObjectiveOptions
{
    [Description("Whether sentences come in a random order.")]
    public bool PermuteSentences { get; init; } = true;

    [Description("Share of the tokens in spans that one mask each stands for (text infilling).")]
    [Range(0, 0.99)]
    public double MaskRatio { get; init; } = 0.3;

    [Description("Mean length of those spans (Poisson); one of length 0 inserts a mask.")]
    [Range(0.001, 1000)]
    public double PoissonLambda { get; init; } = 3;

    [Description("Share of the tokens that a mask each stands for.")]
    [Range(0, 1)]
    public double TokenMaskRatio { get; init; }

    [Description("Share of the tokens that are left out.")]
    [Range(0, 0.99)]
    public double DeletionRatio { get; init; }

    [Description("Share of the sequences that begin at a random place and go on from their start.")]
    [Range(0, 1)]
    public double RotationRatio { get; init; }

    public override string Type => "denoising";

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.EncoderDecoder];

    public override IReadOnlyList<string> SpecialTokens => ["<s>", "<pad>", "</s>", "<mask>"];

    public override TextObjective Create(ObjectiveSetting setting) => new DenoisingObjective(this, setting);
}

internal sealed class DenoisingObjective : TextObjective
{
    private const int LongestInsertion = 8;   // masks of length 0, beyond which a row would not fit

    private readonly DenoisingOptions _options;
    private readonly ulong _seed;
    private readonly long _mask, _end, _start;
    private readonly bool[] _ends;

    public DenoisingObjective(DenoisingOptions options, ObjectiveSetting setting)
    {
        (_options, _seed) = (options, setting.Seed);
        TextTokens = setting.ContextLength - 1;
        if (TextTokens < 4) throw new OptionsException($"training.context_length is {setting.ContextLength}; the denoising objective needs 5 or more.");
        var roles = setting.Roles;
        _mask = roles.Mask ?? setting.Special("<mask>", "which stands for what is missing");
        _end = roles.Separator ?? roles.End ?? setting.Special("</s>", "which ends a text");
        _start = setting.DecoderStart;
        _ends = [.. Enumerable.Range(0, setting.Tokenizer.VocabSize).Select(id => EndsSentence(setting.Tokenizer, id))];
    }

    public override int TextTokens { get; }

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = new List<(List<long>, List<long>)>();
        for (var row = 0; row < text.Length / TextTokens; row++)
        {
            var (random, tokens) = (new SequenceRandom(_seed, place + row), text.Slice(row * TextTokens, TextTokens).ToArray());
            rows.Add(([.. Damage([.. tokens], ref random), _end], [.. tokens, _end]));
        }
        return DecoderRows.Batch(rows, _start, _end);
    }

    private List<long> Damage(List<long> tokens, ref SequenceRandom random)
    {
        var most = tokens.Count;
        if (_options.PermuteSentences)
        {
            var sentences = Sentences(tokens);
            var order = Enumerable.Range(0, sentences.Count).ToArray();
            random.Shuffle(order.AsSpan());
            tokens = Denoising.Permute(sentences, order);
        }
        if (_options.MaskRatio > 0) tokens = Denoising.Infill(tokens, Spans(tokens.Count, ref random), _mask);
        if (_options.TokenMaskRatio > 0) for (var i = 0; i < tokens.Count; i++) if (random.NextDouble() < _options.TokenMaskRatio) tokens[i] = _mask;
        if (_options.DeletionRatio > 0)
        {
            var gone = new HashSet<int>();
            for (var i = 0; i < tokens.Count; i++) if (random.NextDouble() < _options.DeletionRatio) gone.Add(i);
            tokens = Denoising.Delete(tokens, gone);
        }
        if (_options.RotationRatio > 0 && random.NextDouble() < _options.RotationRatio) tokens = Denoising.Rotate(tokens, random.Next(Math.Max(1, tokens.Count)));
        return tokens.Count > most ? tokens[..most] : tokens;
    }

    /// <summary>Places and lengths of spans that do not touch, in order.</summary>
    private List<(int Start, int Length)> Spans(int count, ref SequenceRandom random)
    {
        var left = (int)Math.Round(count * _options.MaskRatio);
        var (lengths, insertions) = (new List<int>(), 0);
        while (left > 0)
        {
            var length = Math.Min(left, random.Poisson(_options.PoissonLambda));
            if (length == 0 && ++insertions > LongestInsertion) length = 1;
            lengths.Add(length);
            left -= length;
        }
        // So many gaps as spans, and one at the end: where each span begins follows from the gaps before it.
        var free = count - lengths.Sum();
        while (lengths.Count > free + 1)
        {
            // No room to keep them apart: the shortest go.
            lengths.RemoveAt(lengths.IndexOf(lengths.Min()));
            free = count - lengths.Sum();
        }
        var places = new bool[free + 1];
        places.AsSpan(0, lengths.Count).Fill(true);
        random.Shuffle(places.AsSpan());
        var (spans, at, used) = (new List<(int, int)>(), 0, 0);
        for (var gap = 0; gap <= free; gap++)
        {
            if (places[gap])
            {
                spans.Add((at, lengths[used]));
                at += lengths[used++];
            }
            at++;
        }
        return spans;
    }

    private List<List<long>> Sentences(List<long> tokens)
    {
        List<List<long>> sentences = [[]];
        foreach (var token in tokens)
        {
            sentences[^1].Add(token);
            if (_ends[token]) sentences.Add([]);
        }
        if (sentences[^1].Count == 0 && sentences.Count > 1) sentences.RemoveAt(sentences.Count - 1);
        return sentences;
    }

    private static bool EndsSentence(Tokenizer tokenizer, int id) => tokenizer.IdToToken(id) is { Length: > 0 } name && (name[^1] is '.' or '!' or '?' or '。' or '\n' or 'Ċ' || name is "</s>" or "<|endoftext|>");
}

/// <summary>The noises themselves, each as its paper defines it.</summary>
internal static class Denoising
{
    public static List<long> Permute(IReadOnlyList<IReadOnlyList<long>> sentences, ReadOnlySpan<int> order)
    {
        var tokens = new List<long>();
        foreach (var index in order) tokens.AddRange(sentences[index]);
        return tokens;
    }

    /// <summary>One mask for each span; a span of length 0 inserts one before its place.</summary>
    /// <param name="spans">In order, not touching.</param>
    public static List<long> Infill(IReadOnlyList<long> tokens, IReadOnlyList<(int Start, int Length)> spans, long mask)
    {
        var (infilled, at) = (new List<long>(), 0);
        foreach (var (start, length) in spans)
        {
            for (; at < start; at++) infilled.Add(tokens[at]);
            infilled.Add(mask);
            at = start + length;
        }
        for (; at < tokens.Count; at++) infilled.Add(tokens[at]);
        return infilled;
    }

    public static List<long> Delete(IReadOnlyList<long> tokens, IReadOnlySet<int> places) => [.. tokens.Where((_, i) => !places.Contains(i))];

    public static List<long> Rotate(IReadOnlyList<long> tokens, int start) => [.. tokens.Skip(start), .. tokens.Take(start)];

    /// <summary>A prefix with one sentinel after it; the target is the rest.</summary>
    public static (List<long> Inputs, List<long> Targets) Sequential(ReadOnlySpan<long> tokens, int split, long mode, long sentinel, long end) =>
        ([mode, .. tokens[..split], sentinel, end], [.. tokens[split..], end]);
}
