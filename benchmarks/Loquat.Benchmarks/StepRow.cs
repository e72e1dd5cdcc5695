using System.Globalization;
using Loquat.Benchmarks.Peers;

namespace Loquat.Benchmarks;

/// <summary>Measures one setting with every contender in turn, so that whatever else the machine does falls on all of them.</summary>
internal static class StepRow
{
    private const double SecondsPerContender = 60;

    /// <summary>Once llm.c has taken this long it gets no further round: at 4 × 256 tokens one step takes half a minute.</summary>
    private const double LlmcMilliseconds = 15_000;

    /// <returns>The report of the row, as Markdown lines.</returns>
    public static List<string> Measure(StepSetting setting, int rounds, Llmc? llmc, string noLlmc)
    {
        var lines = new List<string> { $"### {setting}", "" };
        var missing = new List<string>();
        var workers = new List<WorkerProcess>();
        try
        {
            foreach (var (name, tuned) in ((string, bool)[])[(StepBenchmarks.Limit, true), (StepBenchmarks.Own, true), (StepBenchmarks.PlainFused, true), (StepBenchmarks.Plain, false)])
            {
                Progress($"{setting}: starting {name}");
                if (WorkerProcess.Start(name, setting, tuned, out var reason) is { } worker) workers.Add(worker);
                else missing.Add($"{name}: absent. {reason}");
            }
            var llmcTimes = new List<double>();
            for (var round = 1; round <= rounds; round++)
            {
                Progress($"{setting}: round {round} of {rounds}");
                foreach (var worker in workers) worker.Step(seconds: SecondsPerContender);
                if (llmc is not null && Comparable(setting) && (round == 1 || llmcTimes.Sum() < LlmcMilliseconds))
                    llmcTimes.Add(llmc.Step(setting, steps: 1));
            }
            lines.AddRange(Table(setting, workers, llmcTimes));
            if (llmcTimes.Count == 0) missing.Add($"llm.c: absent. {(llmc is null ? noLlmc : "it trains GPT-2 in fp32 only.")}");
        }
        finally
        {
            foreach (var worker in workers) worker.Dispose();
        }
        lines.AddRange(missing.Select(m => $"- {m}"));
        lines.Add("");
        return lines;
    }

    private static bool Comparable(StepSetting setting) => setting.Precision == Precision.Fp32 && setting.Shape.Gated is null;

    private static IEnumerable<string> Table(StepSetting setting, List<WorkerProcess> workers, List<double> llmcTimes)
    {
        WorkerProcess? Named(string name) => workers.Find(w => w.Name == name);
        var limit = Named(StepBenchmarks.Limit) is { } l ? l.Parts.Sum(p => p.Milliseconds) : double.NaN;
        var own = Named(StepBenchmarks.Own)?.Least ?? double.NaN;
        var tokens = setting.Batch * setting.Tokens;
        yield return "| contender | least ms | median ms | tokens/s | × limit | time ÷ Loquat's | peak MiB |";
        yield return "|---|---|---|---|---|---|---|";
        foreach (var worker in workers)
        {
            // The limit is the sum of its parts: drawing and freeing of operands around them is not counted.
            var (least, median) = worker.Name == StepBenchmarks.Limit ? (limit, worker.Median) : (worker.Least, worker.Median);
            yield return Line(worker.Name, least, median, worker.Name == StepBenchmarks.Limit ? double.NaN : worker.PeakMiB);
        }
        if (llmcTimes.Count > 0) yield return Line("llm.c", llmcTimes.Min(), llmcTimes.Order().ElementAt(llmcTimes.Count / 2), double.NaN);
        yield return "";
        foreach (var worker in workers.Where(w => w.Parts.Any()))
            yield return $"- {worker.Name}, least ms by part: {string.Join(", ", worker.Parts.Select(p => $"{p.Name} {Number(p.Milliseconds, "F1")}"))}";

        string Line(string name, double least, double median, double peak) =>
            $"| {name} | {Number(least, "F1")} | {Number(median, "F1")} | {Number(tokens / least * 1e3, "F0")} | {Number(least / limit, "F2")} | {Number(least / own, "F2")} | {Number(peak, "F0")} |";
    }

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);

    private static void Progress(string text) => Console.Error.WriteLine(text);
}
