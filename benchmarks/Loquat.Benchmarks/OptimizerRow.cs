using System.Diagnostics;
using System.Globalization;
using Loquat.Native;
using Loquat.Optimization;
using static TorchSharp.torch;

namespace Loquat.Benchmarks;

/// <summary>
/// One update of many parameters by every rule whose work is a pass over memory: milliseconds against the bytes that it must move (weights and memory read and written, gradients read) at the memory rate measured
/// in the same round.
/// </summary>
internal static class OptimizerRow
{
    private const int Tensors = 32;
    private const long Rows = 1024;
    private const long Columns = 1024;
    private const int Rounds = 5;

    public const string Name = "optimizers, 34 M parameters";

    // Their work is products and decompositions.
    private static readonly string[] _others = ["muon", "shampoo", "soap"];

    public static List<string> Measure()
    {
        List<string> lines = [$"### {Name}", "", "| rule | least ms an update | limit ms | times the limit |", "|---|---|---|---|"];
        var highest = 0.0;
        foreach (var type in KnownRules.Types.Except(_others))
        {
            var rule = KnownRules.Find(type)!;
            var (rate, least) = Update(rule);
            highest = Math.Max(highest, rate);
            var limit = Tensors * Rows * Columns * sizeof(float) * (3 + 2 * rule.NumbersPerWeight) / rate / 1e6;
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"| {type} | {least:F1} | {limit:F1} | {least / limit:F2} |"));
        }
        lines.AddRange(["", string.Create(CultureInfo.InvariantCulture, $"- memory up to {highest:F1} GB/s (triad), {Tensors} tensors of {Rows} × {Columns}, float32"), ""]);
        return lines;
    }

    private static (double Rate, double Milliseconds) Update(RuleOptions rule)
    {
        using var scope = NewDisposeScope();
        var parameters = Enumerable.Range(0, Tensors).Select(i => new OptimizerParameter($"p{i}", randn(Rows, Columns).mul_(0.02), WeightDecay: true)).ToArray();
        foreach (var parameter in parameters) parameter.Compute.grad = randn(Rows, Columns).mul_(0.01);
        using var optimizer = new Optimizer(parameters, rule);
        var (rate, least) = (0.0, double.MaxValue);
        for (var round = -1; round < Rounds; round++)
        {
            rate = Math.Max(rate, MachineProbe.Measure().MemoryGBps);
            var watch = Stopwatch.StartNew();
            optimizer.Step(1e-4, 0.5);
            if (round >= 0) least = Math.Min(least, watch.Elapsed.TotalMilliseconds);
        }
        return (rate, least);
    }
}
