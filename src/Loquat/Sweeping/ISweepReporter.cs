using Loquat.Reporting;
using Loquat.Sweeps.Trials;
using Loquat.Text.Datasets;

namespace Loquat.Sweeping;

/// <summary>Hears what a worker of a sweep does. Called on the thread that trains; must be quick. What is not implemented is not heard.</summary>
public interface ISweepReporter
{
    /// <summary>The trials as they stand, all workers', after each of the events below.</summary>
    void Known(IReadOnlyList<Trial> trials)
    {
    }

    /// <summary>A trial begins here, or goes on.</summary>
    void Began(Trial trial)
    {
    }

    /// <summary>Text is read and tokens are made; or there is something to know of the text.</summary>
    void Working(StageProgress stage)
    {
    }

    void Noted(string line)
    {
    }

    /// <summary>A step of the trial was made.</summary>
    void Stepped(Trial trial, StepReport report, long maxSteps)
    {
    }

    /// <summary>The trial was measured on held-out text on its way.</summary>
    /// <param name="value">Of the sweep's objective.</param>
    void Evaluated(Trial trial, long step, double value)
    {
    }

    /// <summary>The worker is done with the trial for now.</summary>
    /// <param name="trial">As it stands: finished, paused, pruned or failed.</param>
    void Ended(Trial trial)
    {
    }
}
