using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Loquat.Benchmarks.Search;

/// <summary>Optuna, in processes of its own: `peers/optuna_search.py` under the system's Python (Debian package `python3-optuna`).</summary>
internal static class Optuna
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Null where it is not installed.</summary>
    public static string? Version => File.Exists(Python) ? Ask("version")?.Trim() : null;

    /// <summary>The least loss of each seed; null where the method is not there.</summary>
    public static double[]? Least(string method, string function, int seeds, int trials) =>
        Ask("regret", method, function, $"{seeds}", $"{trials}") is { } answer ? JsonSerializer.Deserialize<double[]>(answer) : null;

    /// <summary>Seconds of processor time that a trial takes after so many finished ones; null where the method is not there.</summary>
    public static double? Overhead(string method, int finished, int trials) => Ask("overhead", method, $"{finished}", $"{trials}") is { } answer ? double.Parse(answer, CultureInfo.InvariantCulture) : null;

    private static string? Ask(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, [Path.Combine(TableCommand.RepositoryRoot(), "benchmarks", "peers", "optuna_search.py"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // One thread: processor time is then the time of the work.
        foreach (var threads in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]) start.Environment[threads] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0) return answer;
        Console.Error.WriteLine($"optuna {string.Join(' ', arguments)}: {error.Result.Trim().Split('\n')[^1]}");
        return null;
    }
}
