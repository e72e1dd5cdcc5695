using Loquat.Distillation;
using Loquat.Models;
using Loquat.Objectives;
using static TorchSharp.torch;

namespace Loquat.FineTuning;

/// <summary>The classes of examples, and what a teacher holds likely of them.</summary>
internal sealed class TaughtObjective(RowTeacher teacher) : Objective
{
    public override double Weight(TokenBatch batch) => batch.Counted;

    public override double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        return teacher.LossAndGradients((EncoderModel)model, batch.ToTensors(model.Placement.Device), scale);
    }
}
