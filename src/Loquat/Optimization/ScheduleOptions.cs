using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization;

/// <summary>
/// A schedule and its constants: in a recipe, `training.lr_scheduler`. Each property is a key with description and range. Deriving this record is all that registers a schedule
/// under its <see cref="Type"/>.
/// </summary>
public abstract record ScheduleOptions
{
    /// <summary>The name in recipes, transformers' <c>lr_scheduler_type</c> where it has the schedule.</summary>
    public abstract string Type { get; }

    /// <summary>Steps of rising rate at the start; 0: none.</summary>
    public virtual long Warmup => 0;

    /// <summary>Whether the rate falls after the warm-up.</summary>
    public virtual bool Falls => true;

    /// <summary>Steps of the fall at the end, where it has a length of its own.</summary>
    public virtual long? Decay => null;

    /// <summary>The same for a run of another length: what is told in steps, as <paramref name="scaled"/> makes them.</summary>
    public virtual ScheduleOptions Scaled(Func<long, long> scaled) => this;

    /// <param name="learningRate">What a recipe calls `learning_rate`. Above 0.</param>
    /// <param name="totalSteps">Steps of the run. 1 or more.</param>
    public abstract LearningRateSchedule Create(double learningRate, long totalSteps);
}

/// <summary>A schedule that begins with steps of rising rate.</summary>
public abstract record WarmupScheduleOptions : ScheduleOptions
{
    [Description("Steps of rising rate.")]
    [Range(0, 1e12)]
    public long WarmupSteps { get; init; } = 100;

    /// <summary>A recipe makes steps of it (<c>RecipeTraining.ToSchedule</c>); <see cref="ScheduleOptions.Create"/> looks at the steps alone.</summary>
    [Description("Share of the steps with rising rate, in place of warmup_steps. Default: as warmup_steps says.")]
    [Range(0, 1)]
    public double? WarmupRatio { get; init; }

    public override long Warmup => WarmupSteps;

    public override ScheduleOptions Scaled(Func<long, long> scaled) => this with { WarmupSteps = scaled(WarmupSteps) };
}

/// <summary>The schedules that there are: every record derived from <see cref="ScheduleOptions"/>.</summary>
public static class KnownSchedules
{
    private static readonly SortedDictionary<string, ScheduleOptions> _byType = Own();

    /// <summary>Every `type`, in alphabetical order.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. _byType.Keys];

    /// <summary>The options of a `type`, all as by default; null where there is no such schedule.</summary>
    public static ScheduleOptions? Find(string type) => _byType.GetValueOrDefault(type);

    private static SortedDictionary<string, ScheduleOptions> Own()
    {
        var own = new SortedDictionary<string, ScheduleOptions>(StringComparer.Ordinal);
        foreach (var type in typeof(ScheduleOptions).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ScheduleOptions)) && !t.IsAbstract))
        {
            var options = (ScheduleOptions)Activator.CreateInstance(type)!;
            own.Add(options.Type, options);
        }
        return own;
    }
}
