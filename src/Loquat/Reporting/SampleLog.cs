using Loquat.Evaluation;
using Loquat.Text.Files;

namespace Loquat.Reporting;

/// <summary>Keeps the texts that the model writes while training: one file each, named by the step.</summary>
/// <param name="folder">Created with the first text.</param>
public sealed class SampleLog(string folder) : ITrainingReporter
{
    public void Started(long step, long maxSteps, bool evaluated)
    {
    }

    public void Step(StepReport report)
    {
    }

    public void Evaluated(long step, EvaluationResult result, bool better)
    {
    }

    public void Sampled(long step, string text)
    {
        Directory.CreateDirectory(folder);
        AtomicFolder.WriteFile(Path.Combine(folder, $"{step:D8}.txt"), file => file.Write(System.Text.Encoding.UTF8.GetBytes(text + "\n")));
    }

    public void Saved(long step)
    {
    }

    public void Finished()
    {
    }
}
