using Loquat.Evaluation;
using Loquat.Reporting;

namespace TrainAndWrite;

/// <summary>Prints a line now and then while a run trains.</summary>
internal sealed class ProgressLines(long every) : ITrainingReporter
{
    public void Step(StepReport report)
    {
        if (report.Step % every == 0) Console.WriteLine($"step {report.Step,6}   loss {report.Loss:F3}");
    }

    public void Evaluated(long step, EvaluationResult result, bool best) => Console.WriteLine($"step {step,6}   validation loss {result.Loss:F3}{(best ? ", the best so far" : "")}");
}
