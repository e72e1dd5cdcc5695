using Loquat.Evaluation;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Training;

namespace Loquat.Runs;

/// <summary>
/// Draws a run's plot and report while it goes on: after its first evaluation, then at most so often that drawing takes a hundredth of the time, and once more at its end.
/// </summary>
internal sealed class RunPictures(RunFolder folder, TimeProvider clock) : ITrainingReporter
{
    private const double ShareOfTime = 0.01;
    private static readonly TimeSpan _least = TimeSpan.FromSeconds(2);

    private readonly string _title = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Root)));
    private long? _drawn;
    private TimeSpan _pause;

    public void Started(long step, long maxSteps, bool evaluated)
    {
    }

    public void Step(StepReport report)
    {
        if (_drawn is { } last && clock.GetElapsedTime(last) >= _pause) Draw();
    }

    public void Evaluated(long step, EvaluationResult result, bool better)
    {
        if (_drawn is null) Draw();
    }

    public void Sampled(long step, string text)
    {
    }

    public void Saved(long step)
    {
    }

    public void Finished()
    {
    }

    /// <summary>Trains. A run that is stopped or diverges is drawn as it ended, and a divergence told with what helps.</summary>
    /// <param name="recipe">As it stands when the run ends.</param>
    public TrainingState Along(Func<TrainingState> train, Func<Recipe> recipe)
    {
        try
        {
            return train();
        }
        catch (OperationCanceledException)
        {
            Draw(atEnd: true);
            throw;
        }
        catch (TrainingDivergedException error)
        {
            Draw(atEnd: true);
            throw error.With(DivergenceAdvice.For(error, recipe()));
        }
    }

    /// <summary>Draws now. A run does not end because its picture cannot be drawn: the disk that is full is told by the next checkpoint.</summary>
    /// <param name="atEnd">Whether the run goes no further: the lock that it still holds does not count as work then.</param>
    public void Draw(bool atEnd = false)
    {
        var start = clock.GetTimestamp();
        try
        {
            var report = RunReport.Read(folder, clock, atEnd);
            report.WriteHtml(folder.Report);
            LossPlot.Write(folder.LossPlot, report.Metrics, _title);
        }
        catch (Exception error) when (error is LoquatException or IOException or UnauthorizedAccessException)
        {
        }
        _drawn = clock.GetTimestamp();
        _pause = TimeSpan.FromSeconds(Math.Max(_least.TotalSeconds, clock.GetElapsedTime(start).TotalSeconds / ShareOfTime));
    }
}
