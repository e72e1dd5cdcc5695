using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Limits;

/// <summary>
/// The least time a step can take on this machine: its matrix products alone, each by the library call found fastest, and the
/// optimizer's bytes (28 per parameter: parameter, gradient and two moments read, three of them written) at the memory rate
/// measured in the same step.
/// </summary>
internal sealed class LimitStep : IStepBenchmark
{
    private const long BytesPerParameter = 28;
    private const long StreamFloats = 32 << 20;

    private readonly StepSetting _setting;
    private readonly List<(Product Product, Variant Best)> _products = [];
    private readonly Tensor _left = ones(StreamFloats);
    private readonly Tensor _right = ones(StreamFloats);

    public LimitStep(StepSetting setting)
    {
        _setting = setting;
        using var guard = no_grad();
        foreach (var product in Product.OfStep(setting))
        {
            var timed = Measure(product, repetitions: 3);
            _products.Add((product, timed.MinBy(t => t.Milliseconds).Variant));
        }
        // The tuned allocator keeps what the other variants used, gigabytes that the contenders need.
        if (OperatingSystem.IsLinux()) _ = MallocTrim(0);
    }

    /// <summary>The library calls chosen, for the report.</summary>
    public IEnumerable<(string Product, string Variant)> Chosen => _products.Select(p => (p.Product.Name, p.Best.Name));

    /// <summary>Every variant's least time over all layers of a product.</summary>
    public static List<(Variant Variant, double Milliseconds)> Measure(Product product, int repetitions) =>
        [.. product.Variants.Select(v => (v, Enumerable.Range(0, repetitions + 1).Select(_ => Time(product, v)).Skip(1).Min()))];

    public double Step(PartTimes parts)
    {
        using var guard = no_grad();
        foreach (var (product, best) in _products) parts.Add(product.Part, Time(product, best));
        parts.Add("optimizer bytes", _setting.Shape.Parameters * BytesPerParameter / StreamRate() * 1e3);
        return 0;
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int MallocTrim(nuint pad);

    /// <summary>Bytes per second of a += b over arrays far larger than the caches.</summary>
    private double StreamRate()
    {
        var watch = Stopwatch.StartNew();
        _left.add_(_right, 1e-6f);
        return 3.0 * sizeof(float) * StreamFloats / watch.Elapsed.TotalSeconds;
    }

    private static double Time(Product product, Variant variant)
    {
        var watch = Stopwatch.StartNew();
        for (var layer = 0; layer < product.Layers; layer++) variant.Run(layer).Dispose();
        return watch.Elapsed.TotalMilliseconds;
    }

    public void Dispose()
    {
        foreach (var (product, _) in _products) product.Dispose();
        _left.Dispose();
        _right.Dispose();
    }
}
