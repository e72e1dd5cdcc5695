using System.Diagnostics;
using System.Globalization;
using Loquat.Benchmarks.Tokenizers;
using Loquat.Sweeps;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Stores;

namespace Loquat.Benchmarks.Search;

/// <summary>Samplers of <see cref="Loquat.Sweeps"/> beside Optuna's: what they find in so many trials, and what a trial costs when many are finished.</summary>
internal static class SearchCommand
{
    private const int Finished = 1000, Measured = 50;

    // Each of ours with the one of Optuna that does the same; Optuna 3.1 has no Gaussian process of its own.
    private static readonly (string Own, string? Peer)[] _methods = [("random", "random"), ("tpe, each alone", "tpe"), ("tpe", "tpe-multivariate"), ("cma_es", "cma_es"), ("gp", null)];

    /// <param name="seeds">1 or more.</param>
    /// <param name="trials">Of a study.</param>
    /// <param name="only">Samplers whose name contains this; all when empty. Part is printed, not kept.</param>
    public static int Run(int seeds, int trials, string only, TimeProvider time)
    {
        var keep = (seeds, trials, only) == (20, 100, "");
        var methods = _methods.Where(m => m.Own.Contains(only, StringComparison.Ordinal)).ToList();
        var date = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var version = Optuna.Version;
        var report = new BenchmarkReport(Console.Out);
        report.Add($"# Search, {date:yyyy-MM-dd}", "");
        report.Add([.. Machine.DescribeSystem(date)]);
        report.Add(version is null ? "- Optuna: not there (Debian package python3-optuna)" : $"- Optuna {version}", "");
        report.Add($"Mean regret (least loss less the function's least) after {trials} trials over {seeds} seeds, ± the standard error of the mean.", "");
        report.Add("| function | sampler | Loquat | Optuna | Optuna's sampler | Loquat ÷ Optuna |", "|---|---|---|---|---|---|");
        foreach (var function in TestFunctions.All)
        {
            foreach (var (own, peer) in methods)
            {
                var theirs = peer is null || version is null ? null : Task.Run(() => Optuna.Least(peer, function.Name, seeds, trials));
                var ours = new double[seeds];
                Parallel.For(0, seeds, seed => ours[seed] = Least(own, function, (ulong)seed, trials) - function.Least);
                var other = theirs?.Result?.Select(loss => loss - function.Least).ToArray();
                report.Add(string.Create(CultureInfo.InvariantCulture, $"| {function.Name} | {own} | {Mean(ours)} | {(other is null ? "-" : Mean(other))} | {peer ?? "none"} | {(other is null ? "-" : $"{ours.Average() / other.Average():F2}")} |"));
            }
        }
        report.Add("", $"Processor time that a trial takes (asked, told; Hartmann-6, in memory) after {Finished} finished ones that chance chose, the mean of {Measured}.", "");
        report.Add("| sampler | Loquat, ms | Optuna, ms | Optuna's sampler | Loquat ÷ Optuna |", "|---|---|---|---|---|");
        foreach (var (own, peer) in methods)
        {
            var ours = Overhead(own);
            var theirs = peer is null || version is null ? null : Optuna.Overhead(peer, Finished, Measured);
            report.Add(string.Create(CultureInfo.InvariantCulture, $"| {own} | {1000 * ours:F2} | {(theirs is null ? "-" : $"{1000 * theirs:F2}")} | {peer ?? "none"} | {(theirs is null ? "-" : $"{ours / theirs:F3}")} |"));
        }
        if (!keep) return 0;
        var path = Path.Combine(TableCommand.RepositoryRoot(), "benchmarks", "results", $"{date:yyyy-MM-dd}-{Machine.Slug}-search.md");
        report.Save(path);
        Console.Error.WriteLine($"written to {path}");
        return 0;
    }

    private static Sampler Named(string method) => method == "tpe, each alone" ? new TpeSampler { Multivariate = false } : Sampler.Named(method);

    private static double Least(string method, TestFunction function, ulong seed, int trials)
    {
        var study = new Study(new MemoryStore(), function.Space, new() { MaxTrials = trials, Seed = seed }, Named(method));
        while (study.Ask("benchmark").Trial is { } trial) study.Tell(trial, function.Loss(trial.Configuration));
        return study.Best!.Loss!.Value;
    }

    private static double Overhead(string method)
    {
        var function = TestFunctions.All[1];
        using var store = new MemoryStore();
        Tell(new RandomSampler(), Finished);
        // What is compiled on first use is no trial's.
        Tell(Named(method), Finished + 5);
        var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        Tell(Named(method), Finished + 5 + Measured);
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalSeconds / Measured;

        void Tell(Sampler sampler, int most)
        {
            var study = new Study(store, function.Space, new() { MaxTrials = most, Seed = 0 }, sampler);
            while (study.Ask("benchmark").Trial is { } trial) study.Tell(trial, function.Loss(trial.Configuration));
        }
    }

    private static string Mean(double[] values)
    {
        var mean = values.Average();
        var deviation = values.Length < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{mean:G3} ± {deviation:G2}");
    }
}
