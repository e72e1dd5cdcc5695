using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Sweeping;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat sweep SWEEP`: searches the keys of a recipe, each trial a training run.</summary>
internal static class SweepVerb
{
    private const int Rows = 20;

    public static Command Create()
    {
        var file = PathOption.Argument("sweep", "A sweep (.yaml or .json): a recipe, a space of its keys, an objective, a budget, a method.");
        var set = new Option<string[]>("--set") { Description = "Override a value of the recipe for all trials: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
        var trials = NumberOption.Optional<long>("--trials", "Trials that begin at most, in place of budget.trials.");
        var worker = new Option<bool>("--worker") { Description = "Take part in a sweep that others carry out too: any number of processes may, on any machines that share its store. Writes no report." };
        var report = new Option<bool>("--report") { Description = "Train nothing: write report and best recipe of what was tried so far." };
        var output = PathOption.Optional("--out", "The folder of the sweep. Default: runs/NAME, NAME being the sweep's. What stands there is gone on with.");
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object." };
        var verb = new Command("sweep", "Search the hyperparameters of a recipe: many trials, each a training run; a report with pictures, and the best recipe as a file.") { file, set, trials, worker, report, output, json };
        verb.WithExamples("""
            loquat sweep recipes/sweeps/shakespeare.yaml
            loquat sweep recipes/sweeps/shakespeare.yaml --set data.path=input.txt --trials 40
            loquat sweep recipes/sweeps/shakespeare.yaml --worker
            loquat sweep recipes/sweeps/shakespeare.yaml --report --json
            loquat train runs/shakespeare-sweep/best.yaml
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(worker) && parsed.GetValue(report)) throw new OptionsException("--worker trains and writes no report; --report writes one and trains nothing. Give one of them.");
            if (parsed.GetValue(trials) < 1) throw new OptionsException($"--trials is {parsed.GetValue(trials)}; it must be 1 or more.");
            var path = parsed.GetValue(file)!;
            var sweep = SweepFile.Load(path, parsed.GetValue(set));
            if (parsed.GetValue(trials) is { } most) sweep = sweep with { Budget = sweep.Budget with { Trials = most } };
            var folder = parsed.GetValue(output) ?? Path.Combine("runs", sweep.Name);
            TrainingSession.FolderAt(folder);
            Run(path, sweep, folder, parsed.GetValue(worker), parsed.GetValue(report), parsed.GetValue(json), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Run(string path, Sweep sweep, string folder, bool worker, bool report, bool json, CancellationToken cancellation)
    {
        var (run, screen) = (new SweepRun(sweep, folder), new Screen(TimeProvider.System));
        screen.Fact("sweep", $"{folder}: {sweep.Space!.Parameters.Count} keys, {sweep.Sampler.Type}, {sweep.Pruner.Type}");
        SweepResult result;
        try
        {
            result = report ? run.Result() : screen.Sweep(sweep, display => run.Run(display, cancellation));
        }
        catch (OperationCanceledException)
        {
            if (!worker) run.Result().Write();
            screen.Command("stopped", $"go on with: loquat sweep {ShellText.Path(path)}");
            throw;
        }
        if (worker)
        {
            screen.Fact("done", "there is nothing more to do");
            return;
        }
        result = result.Tested(cancellation);
        result.Write();
        var table = new SweepTable(sweep);
        if (json) Console.Out.WriteLine(result.ToJson());
        else
        {
            foreach (var line in table.Lines(result.Trials, Rows)) Console.Out.WriteLine(line);
            Console.Out.WriteLine(table.Summary(result.Trials));
            if (result.Test is { } test) Console.Out.WriteLine($"test text: loss {EvaluationReport.Estimate(test.Loss, test.LossInterval ?? double.NaN)}{(test.BitsPerByte is { } bits ? $", {bits:F4} bits per byte" : "")}");
        }
        screen.Fact("report", Path.Combine(folder, "report.html"));
        if (result.WhyNoBest is { } why) throw new OptionsException(why);
        screen.Command("go on", $"loquat train {ShellText.Path(Path.Combine(folder, "best.yaml"))}");
    }
}
