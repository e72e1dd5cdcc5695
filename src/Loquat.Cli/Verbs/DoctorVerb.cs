using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Loquat.Cli.Display;
using Loquat.Native;
using Spectre.Console;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat doctor`: what the machine is, what it measured, and what is wrong with it.</summary>
internal static class DoctorVerb
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of a table." };
        var cached = new Option<bool>("--cached") { Description = "Use the figures of an earlier run where they still hold." };
        var command = new Command("doctor", "Show the processor, memory, libtorch and device, and measure them (about two seconds). The figures are kept for plan, quickstart and precision auto.") { json, cached };
        command.WithExamples("""
            loquat doctor
            loquat doctor --json
            LOQUAT_THREADS=1 loquat doctor
            """);
        command.SetAction(arguments => Run(arguments.GetValue(json), arguments.GetValue(cached)));
        return command;
    }

    private static int Run(bool json, bool cached)
    {
        MachineReport report;
        LoquatException? fault = null;
        try
        {
            report = cached ? MachineProbe.Cached() : MachineProbe.Measure();
        }
        catch (LoquatException error)
        {
            // Without libtorch the rest is still worth knowing.
            (report, fault) = (MachineProbe.Describe(), error);
        }
        if (json) Console.Out.WriteLine(MachineProbe.ToJson(report));
        else Print(Rows(report, fault is null));
        if (fault is null) return 0;
        Console.Error.WriteLine($"error: {fault.Message}");
        return fault.ExitCode;
    }

    private static IEnumerable<(string Name, string Value)> Rows(MachineReport report, bool measured)
    {
        yield return ("processor", report.Cpu);
        yield return ("vectors", string.Join(", ", Features(report).DefaultIfEmpty("none of AVX2, AVX-512, AMX")));
        yield return ("threads", Text($"{report.Threads} of {Environment.ProcessorCount} processors"));
        yield return ("memory", Text($"{report.MemoryBytes / (double)(1L << 30):0.0} GiB"));
        yield return ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
        yield return ("cache folder", CacheFolder.Path ?? "none, there is no home folder; LOQUAT_CACHE names one");
        if (!measured)
        {
            yield return ("libtorch", "cannot be loaded");
            yield break;
        }
        yield return ("libtorch", $"{report.Libtorch} in {report.LibtorchFolder}");
        yield return ("device", report.Device);
        yield return ("fp32 products", Text($"{report.SgemmGflops:#,0} GFLOP/s"));
        yield return ("bf16 products", Text($"{report.Bf16Gflops:#,0} GFLOP/s ({report.Bf16Gflops / report.SgemmGflops:0.0} × fp32)"));
        yield return ("memory read", Text($"{report.ReadGBps:0.0} GB/s"));
        yield return ("memory copy", Text($"{report.CopyGBps:0.0} GB/s"));
        yield return ("memory triad", Text($"{report.MemoryGBps:0.0} GB/s"));
        foreach (var rate in report.Products)
            yield return (rate.Kind.ToString(), Text($"{rate.Gflops:#,0} GFLOP/s by {(rate.PrefersOneDnn ? "oneDNN" : "libtorch")} ({(rate.PrefersOneDnn ? "libtorch" : "oneDNN")} {(rate.PrefersOneDnn ? rate.LibtorchGflops : rate.OneDnnGflops):#,0})"));
        if (report.Products.Count == 0) yield return ("products by", "libtorch; this one does not offer oneDNN's");
        if (report.Doubt is { } doubt) yield return ("doubtful", $"{doubt}; the figures may be too low and are not kept");
        yield return ("precision auto", report.Recommended == Precision.BFloat16 ? "bf16" : "fp32");
    }

    private static IEnumerable<string> Features(MachineReport report)
    {
        (bool Has, string Name)[] all = [(report.Avx2, "AVX2"), (report.Avx512, "AVX-512"), (report.Avx512Bf16, "AVX512-BF16"), (report.Amx, "AMX")];
        return all.Where(f => f.Has).Select(f => f.Name);
    }

    private static void Print(IEnumerable<(string Name, string Value)> rows)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var (name, value) in rows) Console.Out.WriteLine($"{name,-16} {value}");
            return;
        }
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns("", "");
        foreach (var (name, value) in rows) table.AddRow(Markup.FromInterpolated($"[grey]{name}[/]"), Markup.FromInterpolated($"{value}"));
        AnsiConsole.Write(table);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
