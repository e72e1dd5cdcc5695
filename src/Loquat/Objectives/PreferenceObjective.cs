using System.Globalization;
using Loquat.Evaluation;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>The loss of pairs of answers. It is a function of the log-probabilities of whole answers, whose derivatives weigh the losses of their tokens.</summary>
internal sealed class PreferenceObjective(PreferenceOptions options, ObjectiveSetting setting) : TextObjective
{
    // B pairs, R rows: B preferred answers, B others, and of KTO B mismatched ones

    private readonly int _length = setting.ContextLength;
    private readonly long _filler = setting.Roles.Pad ?? setting.Roles.End ?? 0;
    private ReferenceLogProbabilities? _references;

    public override int TextTokens => _length;

    private bool IsProspect => options.LossType == PreferenceLossType.Kto;

    /// <summary>Of running text, which holds no pairs: it is learned as it comes.</summary>
    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place) => new(text.Length / _length, _length) { InputIds = text.ToArray(), Labels = next.ToArray() };

    public override double Weight(TokenBatch batch) => batch.References is null ? batch.Counted : Pairs(batch);

    public override ITrainingBatches Batches(TokenShard training, Func<int, ITokenBatches> sequences, int rows, ulong seed)
    {
        var pairs = PairsOf(training);
        return new LengthBatches(pairs.Lengths, rows, seed, chosen => pairs.Batch(chosen, _filler, (pair, version) => _references?.Training(pair, version) ?? 0));
    }

    public override IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer)
    {
        var pairs = PairsOf(shard);
        return new PreferenceEvaluator(this, pairs.Lengths, chosen => pairs.Batch(chosen, _filler, (pair, version) => _references?.Of(shard.Path, pair, version) ?? 0));
    }

    public override long? Examples(TokenShard training) => PairsOf(training).Count;

    public override IEnumerable<string> Notes(TokenShard training, TokenShard validation)
    {
        foreach (var (name, shard) in ((string, TokenShard)[])[("learn from", training), ("validate with", validation)])
            if (PairsOf(shard) is { } pairs && pairs.Longer + pairs.WithoutAnswer > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"of {pairs.All:N0} pairs to {name}, {pairs.Longer:N0} are longer than the {_length} tokens of a row (objective.truncation_mode); {pairs.All - pairs.Count:N0} are left out, {pairs.WithoutAnswer:N0} of them because an answer is not inside");
    }

    /// <inheritdoc/>
    public override void Begin(ObjectiveStart start)
    {
        if (options.HasReference) _references = ReferenceLogProbabilities.Prepare(start, $"{_length}:{options.TruncationMode}:{IsProspect}", PairsOf, _filler, Sums);
    }

    public override double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        if (batch.References is null) return base.LossAndGradients(model, batch, scale);
        using var scope = NewDisposeScope();
        var loss = 0.0;
        ((CausalModel)model).WeighedGradients(Tensors(model, batch), losses =>
        {
            using var inner = NewDisposeScope();
            using var grad = enable_grad();
            var (sums, counts) = Rows(batch, losses);
            var leaf = tensor(sums).requires_grad_(true);                                           // (R) float64
            var total = Each(leaf, tensor(counts), tensor(batch.References)).sum();
            loss = total.item<double>();
            total.backward();
            var gradient = leaf.grad!.data<double>().ToArray();
            // A token's loss is minus its log-probability.
            return [.. Enumerable.Range(0, losses.Length).Select(t => batch.Labels[t] < 0 ? 0 : (float)(-gradient[t / batch.Length] * scale))];
        });
        return loss;
    }

    public override double Loss(Model model, TokenBatch batch, double[] losses)
    {
        if (batch.References is null) return base.Loss(model, batch, losses);
        using var scope = NewDisposeScope();
        return model.Loss(Tensors(model, batch), losses);
    }

    /// <summary>Each answer's log-probability: (R), and its tokens.</summary>
    internal static (double[] Sums, double[] Counts) Rows(TokenBatch batch, double[] losses)
    {
        var (sums, counts) = (new double[batch.Rows], new double[batch.Rows]);
        for (var t = 0; t < losses.Length; t++)
        {
            if (batch.Labels[t] < 0) continue;
            sums[t / batch.Length] -= losses[t];
            counts[t / batch.Length]++;
        }
        return (sums, counts);
    }

    /// <summary>The log-probability of each answer of a batch under a model.</summary>
    internal double[] Sums(Model model, TokenBatch batch)
    {
        var losses = new double[batch.Labels.Length];
        Loss(model, batch, losses);
        return Rows(batch, losses).Sums;
    }

    /// <summary>Each pair's loss; of KTO each answer's, halved, so that both count as one pair.</summary>
    /// <param name="sums">(R): log-probabilities.</param>
    /// <param name="counts">(R): tokens.</param>
    /// <param name="references">(R): log-probabilities under the reference.</param>
    internal Tensor Each(Tensor sums, Tensor counts, Tensor references)
    {
        var pairs = sums.shape[0] / (IsProspect ? 3 : 2);
        Tensor First(Tensor x) => x.narrow(0, 0, pairs);
        Tensor Second(Tensor x) => x.narrow(0, pairs, pairs);
        var (means, beta) = (sums / counts, options.ActualBeta);
        var loss = options.LossType switch
        {
            PreferenceLossType.Orpo => PreferenceLoss.OddsRatio(First(means), Second(means), beta),
            PreferenceLossType.Simpo => PreferenceLoss.Simple(First(means), Second(means), beta, options.SimpoGamma),
            PreferenceLossType.Cpo => PreferenceLoss.Contrastive(First(sums), Second(sums), beta),
            PreferenceLossType.Kto => PreferenceLoss.Prospect((sums - references).narrow(0, 0, 2 * pairs), arange(2 * pairs).lt(pairs), (sums - references).narrow(0, 2 * pairs, pairs), beta, options.DesirableWeight, options.UndesirableWeight)
                .view(2, pairs).mean([0L]),
            _ => Direct(options.Form!.Value, sums, counts, references, First, Second, beta),
        };
        return options.ActualAlpha == 0 ? loss : loss - options.ActualAlpha * First(means);
    }

    /// <summary>What each answer is worth to the model: β times how much likelier it is than for the reference.</summary>
    internal double[] Rewards(double[] sums, double[] counts, double[] references) =>
        [.. sums.Select((sum, row) => options.ActualBeta * (options.LossType is PreferenceLossType.Orpo or PreferenceLossType.Simpo ? sum / counts[row] : sum - references[row]))];

    private Tensor Direct(DirectPreferenceForm form, Tensor sums, Tensor counts, Tensor references, Func<Tensor, Tensor> first, Func<Tensor, Tensor> second, double beta)
    {
        if (form.TakesMeans()) (sums, references) = (sums / counts, references / counts);
        // Not the mean of all batches so far: a step depends on its own batch alone, so that a run goes on exactly.
        var threshold = form == DirectPreferenceForm.BcoPair ? beta * (sums - references).detach().mean().item<double>() : 0;
        return DirectPreferenceLoss.Each(first(sums), second(sums), first(references), second(references), form, beta, options.LabelSmoothing, threshold);
    }

    private PreferencePairs PairsOf(TokenShard shard) => new(shard, _length, options.TruncationMode, IsProspect);

    private double Pairs(TokenBatch batch) => (double)batch.Rows / (IsProspect ? 3 : 2);

    // Rows are filled up at their ends, which nothing before them sees.
    private static ModelBatch Tensors(Model model, TokenBatch batch) => batch.ToTensors(model.Placement.Device) with { AttentionMask = null };
}
