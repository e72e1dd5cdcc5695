using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Models;
using Loquat.Models.Heads;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>Masked tokens in two segments of text, and something to tell of the two: what next sentences and their order have in common.</summary>
public abstract record SentencePairOptions : ObjectiveOptions
{
    [Description("Share of the tokens that are to be found.")]
    [Range(0.001, 0.999)]
    public double MlmProbability { get; init; } = 0.15;

    [Description("Share of the rows whose second segment is not what follows the first.")]
    [Range(0.01, 0.99)]
    public double NegativeRate { get; init; } = 0.5;

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Encoder];

    public override IReadOnlyList<string> SpecialTokens => ["[PAD]", "[CLS]", "[SEP]", "[MASK]"];

    public override string? Fault(ModelConfig model) => model switch
    {
        EncoderConfig { Head: not HeadKind.Pretraining } other =>
            $"the objective {Type} needs a head for masked tokens and for pairs of segments; this {model.ModelType} has {other.Head}. Set model.architectures to BertForPreTraining.",
        EncoderConfig { TokenTypes: < 2 } => $"the objective {Type} tells two segments apart by token types; give model.type_vocab_size 2.",
        _ => null,
    };
}

/// <summary>Whether a second segment follows the first (BERT, Devlin et al. 2019, section 3.1): label 0, or comes from further on in the text, of another document where documents are short: label 1.</summary>
public sealed record NextSentenceOptions : SentencePairOptions
{
    public override string Type => "next_sentence";

    public override TextObjective Create(ObjectiveSetting setting) => new SentencePairObjective(this, setting, order: false);
}

/// <summary>Whether two segments that follow each other stand in their order, label 0, or were swapped, label 1 (ALBERT, Lan et al. 2020, section 3.1).</summary>
public sealed record SentenceOrderOptions : SentencePairOptions
{
    public override string Type => "sentence_order";

    public override TextObjective Create(ObjectiveSetting setting) => new SentencePairObjective(this, setting, order: true);
}

internal sealed class SentencePairObjective : TextObjective
{
    private const int Added = 3;    // [CLS] first [SEP] second [SEP]
    private const int Shortest = 4;
    private const ulong Segments = 0x5E67;

    private readonly SentencePairOptions _options;
    private readonly MaskedObjective _masked;
    private readonly long _first, _separator;
    private readonly ulong _seed;
    private readonly int _length;
    private readonly bool _order;

    public SentencePairObjective(SentencePairOptions options, ObjectiveSetting setting, bool order)
    {
        (_options, _seed, _length, _order) = (options, setting.Seed, setting.ContextLength, order);
        if (Room < Shortest) throw new OptionsException($"training.context_length is {_length}; {options.Type} needs {Added + Shortest} or more.");
        _first = setting.Roles.Class ?? setting.Special("[CLS]", "which begins a row");
        _separator = setting.Roles.Separator ?? setting.Special("[SEP]", "which ends a segment");
        _masked = new MaskedObjective(new MaskedOptions { MlmProbability = options.MlmProbability }, setting);
    }

    /// <summary>Tokens of both segments.</summary>
    private int Room => _length - Added;

    /// <summary>A segment that does not follow is taken from as much text again.</summary>
    public override int TextTokens => _order ? Room : 2 * Room;

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = text.Length / TextTokens;
        var batch = new TokenBatch(rows, _length) { Labels = new long[rows * _length], TokenTypeIds = new long[rows * _length], RowLabels = new long[rows] };
        for (var row = 0; row < rows; row++)
        {
            var random = new SequenceRandom(_seed ^ Segments, place + row);
            var tokens = text.Slice(row * TextTokens, TextTokens);
            var cut = Room / 4 + random.Next(Room / 2 + 1);
            var negative = random.NextDouble() < _options.NegativeRate;
            var (first, second) = (..cut, cut..Room);
            // The end of the further text is as far from the first segment as can be.
            if (negative) (first, second) = _order ? (second, first) : (first, (TextTokens - (Room - cut))..TextTokens);
            Put(tokens[first], tokens[second], batch, row);
            batch.RowLabels[row] = negative ? 1 : 0;
            _masked.Mask(batch.InputIds.AsSpan(row * _length, _length), batch.Labels.AsSpan(row * _length, _length), new SequenceRandom(_seed, place + row));
        }
        return batch;
    }

    private void Put(ReadOnlySpan<long> first, ReadOnlySpan<long> second, TokenBatch batch, int row)
    {
        var ids = batch.InputIds.AsSpan(row * _length, _length);
        ids[0] = _first;
        first.CopyTo(ids[1..]);
        ids[first.Length + 1] = _separator;
        second.CopyTo(ids[(first.Length + 2)..]);
        ids[^1] = _separator;
        batch.TokenTypeIds.AsSpan(row * _length + first.Length + 2, second.Length + 1).Fill(1);
    }

    /// <summary>The mean loss of masked tokens and that of rows are added, as BERT's are: a row's loss stands with its first label.</summary>
    public override double Loss(Model model, TokenBatch batch, double[] losses)
    {
        using var scope = NewDisposeScope();
        var each = new double[batch.Labels.Length + batch.Rows];
        var sum = model.Loss(batch.ToTensors(model.Placement.Device), each);
        each.AsSpan(0, batch.Labels.Length).CopyTo(losses);
        for (var row = 0; row < batch.Rows; row++)
            losses[row * _length + batch.Labels.AsSpan(row * _length, _length).IndexOfAnyExcept(ModelBatch.Ignored)] += each[batch.Labels.Length + row];
        return sum;
    }
}
