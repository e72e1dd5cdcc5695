using System.Runtime.InteropServices;
using Loquat.Benchmarks;
var n = Environment.GetEnvironmentVariable("BN")!;
foreach (var f in new[] { "libgomp-98b21ff3.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so", "libLibTorchSharp.so" }) NativeLibrary.Load(Path.Combine(n, f));
if (args[0] == "profile") { var s = StepSetting.Parse(args.AsSpan(1)); OperatorProfile.Products(s, Console.Out); OperatorProfile.Operators(s, Console.Out); }
else
{
    var s = StepSetting.Parse(args.AsSpan(1, 4)); var b = StepBenchmarks.Create(args[0], s);
    for (var i = 0; i < 6; i++) { var w = System.Diagnostics.Stopwatch.StartNew(); var p = new PartTimes(); var l = b.Step(p); Console.WriteLine($"{w.Elapsed.TotalMilliseconds:F0} {l:F3} " + string.Join(", ", p.Parts.Select(x => $"{x.Name} {x.Milliseconds:F1}"))); }
}
