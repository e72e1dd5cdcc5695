using Loquat.Objectives;

namespace Loquat.FineTuning;

/// <summary>The labels of examples, by the loss of the model's head.</summary>
internal sealed class ExampleObjective : Objective
{
    public override double Weight(TokenBatch batch) => batch.Targets is null ? base.Weight(batch) : batch.Counted;
}
