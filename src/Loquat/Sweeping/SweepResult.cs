using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loquat.Recipes;
using Loquat.Runs;
using Loquat.Sweeps;
using Loquat.Sweeps.Importance;
using Loquat.Sweeps.Trials;
using Loquat.Text.Files;

namespace Loquat.Sweeping;

/// <summary>What a sweep found, as it stands.</summary>
/// <param name="Folder">The sweep's folder.</param>
/// <param name="MaxResource">How far a whole trial goes in the trials' reports: the steps of the recipe.</param>
public sealed record SweepResult(Sweep Sweep, string Folder, long MaxResource, IReadOnlyList<Trial> Trials)
{
    /// <summary>A share of the trials that tells of the space: importance is that at the farthest point which so many have reached.</summary>
    private const double Half = 0.5;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private IReadOnlyList<ParameterImportance>? _importance;

    /// <summary>Of the finished trials the best; null where there is none.</summary>
    public Trial? Best => Study.BestOf(Trials);

    /// <summary>The best model on the text that no trial saw; null where there is none, or it was not scored.</summary>
    public HeldOutScore? Test { get; init; }

    /// <summary>The value of the objective that a trial had last; null where it has none.</summary>
    public double? ValueOf(Trial trial) => trial.Loss is { } loss && double.IsFinite(loss) ? Sweep.Objective.Signed(loss) : null;

    /// <summary>How far half of the trials that did not fail got, or farther: losses there compare.</summary>
    public long ComparedAt
    {
        get
        {
            var reached = Trials.Where(t => t.State != TrialState.Failed && t.Reports.Count > 0).Select(t => t.Reports[^1].Resource).OrderDescending().ToList();
            return reached.Count == 0 ? MaxResource : reached[(int)Math.Ceiling(Half * reached.Count) - 1];
        }
    }

    /// <summary>Whether a trial has a loss to compare at <see cref="ComparedAt"/>.</summary>
    internal bool Compares(Trial trial) => trial.State != TrialState.Failed && trial.Reports.Count > 0 && trial.Reports[^1].Resource >= ComparedAt && trial.LossAt(ComparedAt) is not null;

    /// <summary>How much each parameter explains of the differences at <see cref="ComparedAt"/> (fANOVA); empty where too few trials tell.</summary>
    public IReadOnlyList<ParameterImportance> Importance => _importance ??= Fanova.Of(Sweep.Space!,
        Trials.Where(Compares).Select(t => (t.Configuration, t.LossAt(ComparedAt)!.Value)), Sweep.Seed);

    /// <summary>The best trial's recipe: `train` gives the loss that the trial had.</summary>
    /// <exception cref="OptionsException">No trial is finished; the message says why.</exception>
    public Recipe BestRecipe
    {
        get
        {
            if (Best is not { } best) throw new OptionsException(WhyNone());
            var folder = SweepRun.TrialFolder(Folder, best.Number);
            // The lock knows what `auto` meant where the trial ran.
            var recipe = File.Exists(folder.Recipe) ? RecipeLock.Read(folder.Recipe).Recipe : Sweep.RecipeOf(best.Configuration);
            return recipe.WithAbsolutePaths() with { Name = $"{Sweep.Name}-best" };
        }
    }

    /// <summary>Scores the best model on the sweep's `test_path`.</summary>
    /// <returns>With the score, where there is a test text and the best trial's model lies in the folder.</returns>
    /// <exception cref="DataException">The text cannot be read.</exception>
    public SweepResult Tested(CancellationToken cancellation = default) =>
        Sweep.TestPath is { } path && Best is { } best && Directory.Exists(SweepRun.TrialFolder(Folder, best.Number).Best)
            ? this with { Test = HeldOutScore.Of(SweepRun.TrialFolder(Folder, best.Number), BestRecipe, path, cancellation) }
            : this;

    /// <summary>Writes `report.json`, `report.html` and, where a trial is finished, `best.yaml`.</summary>
    /// <param name="clock">Of the page's date. Default: the system's.</param>
    /// <exception cref="MachineException">They cannot be written.</exception>
    public void Write(TimeProvider? clock = null)
    {
        Directory.CreateDirectory(Folder);
        Put("report.json", ToJson() + "\n");
        Put("report.html", SweepPage.Of(this, (clock ?? TimeProvider.System).GetUtcNow()));
        if (Best is not { } best) return;
        Put("best.yaml", string.Create(CultureInfo.InvariantCulture, $"# The best of {Trials.Count} trials of the sweep {Sweep.Name}: trial {best.Number}, {Sweep.Objective.Unit} {ValueOf(best)}.\n{Course(best)}{RecipeFile.ToYaml(BestRecipe)}"));

        void Put(string name, string text) => AtomicFolder.WriteFile(Path.Combine(Folder, name), file => file.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The trials that led to one, itself last: of a population, who went on from whom.</summary>
    public IReadOnlyList<Trial> LineOf(Trial trial) => trial.Parent is { } parent ? [.. LineOf(Trials[parent]), trial] : [trial];

    /// <summary>What a recipe cannot say: the values with which the best of a population was trained before it had its last ones.</summary>
    private string Course(Trial best)
    {
        var line = LineOf(best);
        if (line.Count == 1) return "";
        var text = new StringBuilder("# Its model, trained with other values before, lies in ").Append(CultureInfo.InvariantCulture, $"trials/{best.Number}/checkpoints/best; this recipe has the last values alone:\n");
        for (var i = 0; i < line.Count; i++) text.Append(CultureInfo.InvariantCulture, $"#   from step {(i == 0 ? 0 : line[i - 1].Until)}, trial {line[i].Number}: {line[i].Configuration}\n");
        return text.ToString();
    }

    /// <summary>All of it as one JSON object: what `report.json` holds.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        Sweep.Name,
        Objective = new { Sweep.Objective.Metric, Direction = Sweep.Objective.IsMaximized ? SweepDirection.Maximize : SweepDirection.Minimize },
        Space = Sweep.Space!.Parameters.ToDictionary(p => p.Name, SpaceYaml.Describe),
        Sampler = Sweep.Sampler.Type,
        Pruner = Sweep.Pruner.Type,
        Sweep.Seed,
        MaxResource,
        Best = Best is { } best ? new { best.Number, Value = ValueOf(best), Configuration = Values(best) } : null,
        Test,
        ComparedAt,
        Importance = Importance.ToDictionary(i => i.Name, i => i.Share),
        Trials = Trials.Select(trial => new
        {
            trial.Number,
            trial.Parent,
            trial.State,
            Value = ValueOf(trial),
            Configuration = Values(trial),
            Reports = trial.Reports.Where(r => double.IsFinite(r.Loss)).Select(r => new { r.Resource, Value = Sweep.Objective.Signed(r.Loss) }),
            trial.Seconds,
            trial.Tokens,
            trial.Error,
        }),
    }, _json);

    /// <summary>Why there is no best trial; null where there is one.</summary>
    public string? WhyNoBest => Best is null ? WhyNone() : null;

    private string WhyNone()
    {
        var failed = Trials.Where(t => t.State == TrialState.Failed).ToList();
        if (Trials.Count == 0) return $"sweep {Sweep.Name}: no trial has begun yet.";
        return failed.Count == Trials.Count
            ? $"sweep {Sweep.Name}: all {failed.Count} trials failed. The first: {failed[0].Error}"
            : $"sweep {Sweep.Name}: none of {Trials.Count} trials is finished; {failed.Count} failed. Raise the budget and start it again: it goes on.";
    }

    private static Dictionary<string, string> Values(Trial trial) => trial.Configuration.Values.ToDictionary(v => v.Key, v => v.Value);
}
