using Loquat.Evaluation;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>
/// What a batch is made of and what its loss is. The loop knows nothing of either. What is made of a sequence is a function of its tokens, the seed and its place in the run alone,
/// so that a run that was stopped goes on as if it never was.
/// </summary>
public abstract class Objective
{
    /// <summary>How labels are counted in training: label smoothing, z-loss, weights. A model is scored by plain cross-entropy.</summary>
    public LossOptions LossOptions { get; internal set; } = LossOptions.Plain;

    /// <summary>Tokens of text that one sequence is made of.</summary>
    public abstract int TextTokens { get; }

    /// <summary>Makes a batch.</summary>
    /// <param name="text">Sequences of <see cref="TextTokens"/> tokens, one after the other.</param>
    /// <param name="next">As long: the token after each.</param>
    /// <param name="place">The number of the first sequence since the start of the run.</param>
    public abstract TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place);

    /// <summary>By what the loss of a step is divided: the labels that count, or their weights.</summary>
    public virtual double Weight(TokenBatch batch) => LossOptions.WeightOf(batch.Labels);

    /// <summary>Forward and backward; gradients of (sum of the losses) · <paramref name="scale"/> are added.</summary>
    /// <returns>The sum of the losses in nats.</returns>
    public virtual double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        return model.LossAndGradients(batch.ToTensors(model.Placement.Device) with { LossOptions = LossOptions }, scale);
    }

    /// <summary>The sum of the losses in nats, and each label's in <paramref name="losses"/>.</summary>
    public virtual double Loss(Model model, TokenBatch batch, double[] losses)
    {
        using var scope = NewDisposeScope();
        return model.Loss(batch.ToTensors(model.Placement.Device), losses);
    }

    /// <summary>How a model is scored on a text during training. Default: the objective's own loss on sequences that do not overlap, always the same.</summary>
    public virtual IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer) => new ObjectiveEvaluator(this, shard);
}
