using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Loquat.Benchmarks.Peers;

/// <summary>llm.c's CPU training step, built with gcc from a folder that holds its sources and `bench.c`.</summary>
internal sealed partial class Llmc : IDisposable
{
    private readonly string _folder;

    private Llmc(string folder) => _folder = folder;

    /// <summary>Builds it in a temporary folder; null, and why, where sources or gcc are missing.</summary>
    public static Llmc? Build(string shared, out string reason)
    {
        var sources = Path.Combine(shared, "peers", "llmc");
        if (!Directory.Exists(sources))
        {
            reason = $"llm.c's sources are not there ({sources}); LOQUAT_SHARED names the folder that holds peers/llmc";
            return null;
        }
        var folder = Directory.CreateTempSubdirectory("loquat-llmc-").FullName;
        foreach (var file in Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(sources, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            using var from = File.OpenRead(file);
            using var to = File.Create(copy);
            from.CopyTo(to);
        }
        try
        {
            Run(folder, "gcc", ["-O3", "-Ofast", "-march=native", "-fopenmp", "-Wno-unused-result", "-o", "bench", "bench.c", "-lm"]);
            reason = "";
            return new Llmc(folder);
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or MachineException)
        {
            Directory.Delete(folder, recursive: true);
            reason = $"llm.c could not be built with gcc: {error.Message}";
            return null;
        }
    }

    /// <summary>The least time of a step in milliseconds, over <paramref name="steps"/> steps after the first.</summary>
    public double Step(StepSetting setting, int steps)
    {
        var shape = setting.Shape;
        var output = Run(_folder, Path.Combine(_folder, "bench"),
            [$"{shape.Layers}", $"{shape.Heads}", $"{shape.Width}", $"{shape.Vocabulary}", $"{shape.Context}", $"{setting.Batch}", $"{setting.Tokens}", $"{steps + 1}"]);
        return double.Parse(Best().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    private static string Run(string folder, string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new MachineException($"{program} ended with {process.ExitCode}: {error.Result.Trim()}");
    }

    [GeneratedRegex(@"best_ms ([\d.]+)")]
    private static partial Regex Best();

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
