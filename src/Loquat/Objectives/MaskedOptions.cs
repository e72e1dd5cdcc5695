using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;
using Loquat.Models.Heads;

namespace Loquat.Objectives;

/// <summary>
/// Tokens that were masked, from those around them (BERT, Devlin et al. 2019, section 3.1). What is masked is drawn anew each time a text is read, as RoBERTa does (Liu et al. 2019, section 4.1).
/// </summary>
public sealed record MaskedOptions : ObjectiveOptions
{
    [Description("Share of the tokens that are to be found.")]
    [Range(0.001, 0.999)]
    public double MlmProbability { get; init; } = 0.15;

    [Description("Of those, the share that is replaced by the mask.")]
    [Range(0, 1)]
    public double MaskReplaceProb { get; init; } = 0.8;

    [Description("Of those, the share that is replaced by a random token; the rest stay.")]
    [Range(0, 1)]
    public double RandomReplaceProb { get; init; } = 0.1;

    [Description("Whether words are drawn and all their tokens masked together.")]
    public bool WholeWordMask { get; init; }

    [Description("Whether attention stays within a document where a sequence holds several.")]
    public bool DocumentBounded { get; init; }

    public override string Type => "masked";

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Encoder];

    public override ModelKind? Usual => ModelKind.Encoder;

    public override IReadOnlyList<string> SpecialTokens => ["[PAD]", "[CLS]", "[SEP]", "[MASK]"];

    public override string? Fault(ModelConfig model) => model is EncoderConfig { Head: not HeadKind.MaskedLanguage } other
        ? $"the objective masked needs a head for masked tokens; this {model.ModelType} has {other.Head}. Set model.architectures to a class that ends with ForMaskedLM." : null;

    public override TextObjective Create(ObjectiveSetting setting) => MaskReplaceProb + RandomReplaceProb <= 1
        ? new MaskedObjective(this, setting)
        : throw new OptionsException($"objective.mask_replace_prob {MaskReplaceProb} and objective.random_replace_prob {RandomReplaceProb} together are above 1.");
}

internal sealed class MaskedObjective : TextObjective
{
    private readonly MaskedOptions _options;
    private readonly ObjectiveSetting _setting;
    private readonly int _mask, _ordinary;
    private readonly int? _end;
    private readonly long[] _before, _after;
    private readonly bool[] _special, _begins;

    public MaskedObjective(MaskedOptions options, ObjectiveSetting setting)
    {
        (_options, _setting) = (options, setting);
        _end = DocumentIds.End(options.DocumentBounded, setting);
        var (tokenizer, roles) = (setting.Tokenizer, setting.Roles);
        _mask = roles.Mask ?? setting.Special("[MASK]", "which stands for what is masked");
        _before = roles.Class is { } first ? [first] : [];
        _after = roles.Separator is { } last ? [last] : [];
        if (setting.ContextLength < _before.Length + _after.Length + 2)
            throw new OptionsException($"training.context_length is {setting.ContextLength}; the masked objective needs {_before.Length + _after.Length + 2} or more.");
        _special = new bool[tokenizer.VocabSize];
        foreach (var token in tokenizer.SpecialTokens)
            if (tokenizer.TokenToId(token) is { } id) _special[id] = true;
        _ordinary = _special.Count(special => !special);
        _begins = options.WholeWordMask ? WordStarts.Of(tokenizer) : [];
    }

    public override int TextTokens => _setting.ContextLength - _before.Length - _after.Length;

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var (rows, length) = (text.Length / TextTokens, _setting.ContextLength);
        var batch = new TokenBatch(rows, length) { Labels = new long[rows * length], Documents = _end is null ? null : new long[rows * length] };
        for (var row = 0; row < rows; row++)
        {
            var ids = batch.InputIds.AsSpan(row * length, length);
            var labels = batch.Labels.AsSpan(row * length, length);
            _before.CopyTo(ids);
            text.Slice(row * TextTokens, TextTokens).CopyTo(ids[_before.Length..]);
            _after.CopyTo(ids[^_after.Length..]);
            if (_end is { } end) DocumentIds.Of(ids, length, end, predicts: false).CopyTo(batch.Documents!, row * length);
            Mask(ids, labels, new SequenceRandom(_setting.Seed, place + row));
        }
        return batch;
    }

    /// <param name="ids">A row; changed.</param>
    /// <param name="labels">Receives what is to be found.</param>
    internal void Mask(Span<long> ids, Span<long> labels, SequenceRandom random)
    {
        labels.Fill(ModelBatch.Ignored);
        var chosen = false;
        for (var i = 0; i < ids.Length; i++)
        {
            if (_special[ids[i]]) continue;
            // A word's first token is drawn for all of it.
            if (!Continues(ids, labels, i)) chosen = random.NextDouble() < _options.MlmProbability;
            if (chosen) Replace(ids, labels, i, ref random);
        }
        // A row without a label teaches nothing: one is drawn.
        if (labels.ContainsAnyExcept(ModelBatch.Ignored)) return;
        var open = new List<int>();
        for (var i = 0; i < ids.Length; i++) if (!_special[ids[i]]) open.Add(i);
        if (open.Count == 0) return;
        var at = open[random.Next(open.Count)];
        while (Continues(ids, labels, at)) at--;
        do Replace(ids, labels, at++, ref random); while (at < ids.Length && Continues(ids, labels, at));
    }

    /// <summary>Whether a token goes on with the word of the one before it, which may have been replaced.</summary>
    private bool Continues(ReadOnlySpan<long> ids, ReadOnlySpan<long> labels, int i) =>
        _options.WholeWordMask && i > 0 && !_special[ids[i]] && !_begins[ids[i]] && !_special[labels[i - 1] >= 0 ? labels[i - 1] : ids[i - 1]];

    private void Replace(Span<long> ids, Span<long> labels, int i, ref SequenceRandom random)
    {
        labels[i] = ids[i];
        ids[i] = Masking.Replace(ids[i], random.NextDouble(), _options.MaskReplaceProb, _options.RandomReplaceProb, _mask, RandomToken(ref random));
    }

    private long RandomToken(ref SequenceRandom random)
    {
        if (_ordinary == 0) return _mask;
        int id;
        do id = random.Next(_special.Length); while (_special[id]);
        return id;
    }
}

/// <summary>What stands in the place of a token that is to be found.</summary>
internal static class Masking
{
    /// <param name="kind">Uniform in [0, 1): below <paramref name="mask"/> the mask, below the sum of both a random token, else the token itself.</param>
    public static long Replace(long token, double kind, double mask, double random, long maskId, long randomId) => kind < mask ? maskId : kind < mask + random ? randomId : token;
}
