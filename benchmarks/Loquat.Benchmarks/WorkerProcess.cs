using System.Diagnostics;
using System.Globalization;

namespace Loquat.Benchmarks;

/// <summary>The parent's end of a <see cref="Worker"/>: asks for a step and keeps what it took.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<double> _times = [];
    private readonly Dictionary<string, List<double>> _parts = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private WorkerProcess(Process process, string name) => (_process, Name) = (process, name);

    public string Name { get; }

    public IReadOnlyList<double> Times => _times;

    public double Least => _times.Min();

    public double Median => _times.Order().ElementAt(_times.Count / 2);

    public double PeakMiB { get; private set; }

    /// <summary>The least time of each part; they need not come from one step.</summary>
    public IEnumerable<(string Name, double Milliseconds)> Parts => _parts.Select(p => (p.Key, p.Value.Min()));

    /// <returns>The worker, ready; or null and why there is none.</returns>
    public static WorkerProcess? Start(string name, StepSetting setting, bool tunedAllocator, out string reason)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        foreach (var argument in (string[])["worker", name, .. setting.ToArguments()]) start.ArgumentList.Add(argument);
        if (!tunedAllocator) start.Environment["LOQUAT_MALLOC"] = "default";
        var worker = new WorkerProcess(Process.Start(start)!, name);
        if (worker._process.StandardOutput.ReadLine() == "ready")
        {
            reason = "";
            worker.Step(record: false);   // the first step allocates and compiles
            return worker;
        }
        reason = worker._process.StandardError.ReadToEnd().Trim().Split('\n')[0];
        worker.Dispose();
        return null;
    }

    /// <summary>One step. Nothing is done once the worker has used up <paramref name="seconds"/> since its start and has two results.</summary>
    public void Step(bool record = true, double seconds = double.PositiveInfinity)
    {
        if (_times.Count >= 2 && _clock.Elapsed.TotalSeconds > seconds) return;
        _process.StandardInput.WriteLine("step");
        _process.StandardInput.Flush();
        var line = _process.StandardOutput.ReadLine()
            ?? throw new MachineException($"the '{Name}' worker ended: {_process.StandardError.ReadToEnd().Trim()}");
        var cells = line.Split('\t');
        PeakMiB = Number(cells[2]);
        if (!record) return;
        _times.Add(Number(cells[0]));
        foreach (var cell in cells.AsSpan(3))
        {
            var equals = cell.LastIndexOf('=');
            if (!_parts.TryGetValue(cell[..equals], out var times)) _parts[cell[..equals]] = times = [];
            times.Add(Number(cell[(equals + 1)..]));
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000)) _process.Kill();
        _process.Dispose();
    }
}
