using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Loquat.Layers;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Models.Heads;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>
/// A text's vector is to be most like another of the same text, drawn with other dropout, among those of its batch (SimCSE, Gao et al. 2021, section 3). A text ends with its document or with the row.
/// </summary>
public sealed record ContrastiveOptions : ObjectiveOptions
{
    [Description("Divides the cosines.")]
    [Range(0.001, 100)]
    public double Temperature { get; init; } = 0.05;

    [Description("What stands for a text: first, the state of its first token; mean, of all.")]
    public RowState Pooling { get; init; } = RowState.First;

    public override string Type => "contrastive";

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Encoder];

    public override IReadOnlyList<string> SpecialTokens => ["[PAD]", "[CLS]", "[SEP]"];

    public override bool PredictsClasses => false;

    public override string? Fault(ModelConfig model) => model switch
    {
        EncoderConfig { Head: not HeadKind.None } other => $"the objective contrastive trains the states themselves; this {model.ModelType} has a head, {other.Head}. Set model.architectures to its class that ends with Model, as BertModel.",
        EncoderConfig when !model.ToJson().Any(pair => pair.Key.Contains("drop", StringComparison.Ordinal) && pair.Value?.GetValueKind() == JsonValueKind.Number && pair.Value.GetValue<double>() > 0) =>
            $"the objective contrastive tells a text from others by two draws of dropout, and this {model.ModelType} has none. Set its dropout, as model.hidden_dropout_prob 0.1.",
        _ => null,
    };

    public override TextObjective Create(ObjectiveSetting setting) => new ContrastiveObjective(this, setting);
}

internal sealed class ContrastiveObjective : TextObjective
{
    // B rows, T tokens, E width

    private readonly ContrastiveOptions _options;
    private readonly long _first, _separator, _filler;
    private readonly int? _endOfText;
    private readonly int _length;

    public ContrastiveObjective(ContrastiveOptions options, ObjectiveSetting setting)
    {
        (_options, _length) = (options, setting.ContextLength);
        if (_length < 4) throw new OptionsException($"training.context_length is {_length}; contrastive needs 4 or more.");
        _first = setting.Roles.Class ?? setting.Special("[CLS]", "which begins a row");
        _separator = setting.Roles.Separator ?? setting.Special("[SEP]", "which ends a row");
        (_filler, _endOfText) = (setting.Roles.Pad ?? _separator, setting.Roles.End);
    }

    public override int TextTokens => _length - 2;

    /// <summary>The label of a row, at its first token, says no more than that it counts: what is predicted is which row of the batch it is.</summary>
    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var rows = text.Length / TextTokens;
        var batch = new TokenBatch(rows, _length) { Labels = new long[rows * _length], AttentionMask = new long[rows * _length] };
        Array.Fill(batch.InputIds, _filler);
        Array.Fill(batch.Labels, ModelBatch.Ignored);
        for (var row = 0; row < rows; row++)
        {
            var tokens = text.Slice(row * TextTokens, TextTokens);
            // What ends a document may stand before it as well.
            if (_endOfText is { } end && tokens[1..].IndexOf(end) is >= 0 and var at) tokens = tokens[..(at + 1)];
            var ids = batch.InputIds.AsSpan(row * _length, _length);
            (ids[0], ids[tokens.Length + 1]) = (_first, _separator);
            tokens.CopyTo(ids[1..]);
            batch.AttentionMask.AsSpan(row * _length, tokens.Length + 2).Fill(1);
            batch.Labels[row * _length] = _first;
        }
        return batch;
    }

    public override double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        var tensors = batch.ToTensors(model.Placement.Device);
        // Each row twice: dropout draws for every row anew.
        var (ids, mask) = (cat([tensors.InputIds, tensors.InputIds], 0), cat([tensors.AttentionMask!, tensors.AttentionMask!], 0));
        return ((EncoderModel)model).LossAndGradients(ids, new ForwardContext { Training = true, AttentionMask = mask }, hidden =>
        {
            var pooled = Pool(hidden, mask).to(ScalarType.Float32);                             // (2B, E)
            return ContrastiveLoss.Pairs(pooled.narrow(0, 0, batch.Rows), pooled.narrow(0, batch.Rows, batch.Rows), _options.Temperature).sum();
        }, scale);
    }

    /// <summary>Without dropout both vectors of a text are one: the loss tells how well the texts of a batch are told apart.</summary>
    public override double Loss(Model model, TokenBatch batch, double[] losses)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var tensors = batch.ToTensors(model.Placement.Device);
        var pooled = Pool(((EncoderModel)model).Hidden(tensors.InputIds, new ForwardContext { AttentionMask = tensors.AttentionMask }), tensors.AttentionMask!).to(ScalarType.Float32);
        var each = ContrastiveLoss.Pairs(pooled, pooled, _options.Temperature).to(ScalarType.Float64).cpu().data<double>();
        for (var row = 0; row < batch.Rows; row++) losses[row * _length] = each[row];
        return losses.Sum();
    }

    private Tensor Pool(Tensor hidden, Tensor mask)
    {
        if (_options.Pooling == RowState.First) return hidden.select(1, 0);
        var counted = mask.to(hidden.dtype).unsqueeze(2);                                       // (B, T, 1)
        return (hidden * counted).sum(1) / counted.sum(1);
    }
}
