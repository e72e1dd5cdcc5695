using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Reporting;
using Loquat.Runs;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat report RUN`: a run as one HTML page.</summary>
internal static class ReportVerb
{
    public static Command Create()
    {
        var run = PathOption.Argument("run", "The folder of a run.");
        var output = PathOption.Optional("--out", "The file to write. Default: report.html in the run's folder.");
        var verb = new Command("report", "Write a run's report anew: one HTML file with curves, samples, evaluations, machine and recipe, that needs no network. Training writes it by itself.") { run, output };
        verb.WithExamples("""
            loquat report runs/quickstart
            loquat report runs/quickstart --out quickstart.html
            """);
        verb.SetAction((parsed, _) =>
        {
            var folder = new RunFolder(parsed.GetValue(run)!);
            var path = parsed.GetValue(output) ?? folder.Report;
            RunReport.Read(folder).WriteHtml(path);
            Console.Out.WriteLine(path);
            return Task.FromResult(0);
        });
        return verb;
    }
}
