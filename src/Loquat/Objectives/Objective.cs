using Loquat.Distillation;
using Loquat.Losses;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>What the loss of a batch is. The training loop knows nothing more of what is learned, and nothing of what batches are made of.</summary>
public abstract class Objective
{
    /// <summary>How labels are counted in training: label smoothing, z-loss, weights. A model is scored by plain cross-entropy.</summary>
    public LossOptions LossOptions { get; internal set; } = LossOptions.Plain;

    /// <summary>Whose predictions are learned beside the labels, in training; it belongs to the caller. Default: nobody's.</summary>
    public Teacher? Teacher { get; set; }

    /// <summary>By what the loss of a step is divided: the labels that count, or their weights.</summary>
    public virtual double Weight(TokenBatch batch) => LossOptions.WeightOf(batch.Labels);

    /// <summary>Forward and backward; gradients of (sum of the losses) · <paramref name="scale"/> are added.</summary>
    /// <returns>The sum of the losses in nats.</returns>
    public virtual double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        if (LossOptions.RDropAlpha == 0) return model.LossAndGradients(batch.ToTensors(model.Placement.Device) with { LossOptions = LossOptions, Teacher = Teacher }, scale);
        // Both passes at once: rows beside each other are dropped from independently.
        return model.LossAndGradients(batch.Twice().ToTensors(model.Placement.Device) with { LossOptions = LossOptions }, scale / 2) / 2;
    }

    /// <summary>The sum of the losses in nats, and each label's in <paramref name="losses"/>.</summary>
    public virtual double Loss(Model model, TokenBatch batch, double[] losses)
    {
        using var scope = NewDisposeScope();
        return model.Loss(batch.ToTensors(model.Placement.Device), losses);
    }
}
