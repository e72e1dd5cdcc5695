using System.Text.RegularExpressions;
using System.Xml.Linq;
using Loquat.Models.Llama;
using Loquat.Evaluation;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

namespace Loquat.Tests.Runs;

/// <summary>What is told of a run: its metrics read back, its page, its line among others.</summary>
public sealed class RunReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Metrics_read_back_as_they_were_written_with_gaps_for_what_was_not_finite()
    {
        var run = Make("run", steps: 20);
        var metrics = RunMetrics.Read(run.Metrics);
        metrics.Steps.Select(s => s.Step).Should().Equal(Enumerable.Range(1, 20).Select(s => (long)s));
        metrics.Steps[3].Loss.Should().Be(0.25);
        metrics.Steps[6].GradientNorm.Should().Be(double.NaN);
        metrics.Evaluations.Select(e => e.Step).Should().Equal(0, 10, 20);
        metrics.Best!.Value.Step.Should().Be(20);
        // Bits per byte 2 · loss / (4 ln 2) against a truth of 0.1.
        metrics.Limit.Should().BeApproximately(0.1 * 4 * Math.Log(2), 1e-9);
        File.AppendAllText(run.Metrics, "{\"step\":21,\"tok");
        RunMetrics.Read(run.Metrics).Steps.Should().HaveCount(20, "a line that is half written comes with the next reading");
        File.AppendAllText(run.Metrics, "\n");
        FluentActions.Invoking(() => RunMetrics.Read(run.Metrics)).Should().Throw<DataException>().WithMessage("*metrics.jsonl, line 24*");
        RunMetrics.Read(_folder.File("none")).Steps.Should().BeEmpty();
    }

    [Fact]
    public void The_page_is_whole_in_itself_and_escapes_what_the_model_wrote()
    {
        var run = Make("a <run> & more", steps: 40);
        File.WriteAllText(Path.Combine(run.Samples, "00000040.txt"), "<script>alert(1)</script> & \"so\" on\n");
        var report = RunReport.Read(run);
        report.Samples.Select(s => s.Step).Should().Equal(20, 40);
        report.WriteHtml(run.Report);
        var page = File.ReadAllText(run.Report);
        page.Should().NotContain("<script").And.NotMatchRegex("(src|href)=").And.NotContain("http").And.NotContain("@import").And.NotContain("url(");
        page.Should().Contain("&lt;script&gt;").And.Contain("a &lt;run&gt; &amp; more").And.Contain("prefers-color-scheme: dark").And.Contain("true entropy").And.Contain("max_steps: 40");
        // Every chart is well formed, and all its points lie within it.
        var charts = Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline).Select(match => XElement.Parse(match.Value)).ToList();
        charts.Should().HaveCount(4);
        foreach (var chart in charts)
        {
            var size = chart.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse).ToArray();
            foreach (var point in chart.Elements("polyline").SelectMany(line => line.Attribute("points")!.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            {
                var at = point.Split(',').Select(double.Parse).ToArray();
                at[0].Should().BeInRange(0, size[2]);
                at[1].Should().BeInRange(0, size[3]);
            }
        }
        charts[0].Elements("polyline").Select(line => line.Attribute("class")!.Value).Should().Equal("raw", "smoothed", "validation");
        charts[0].Elements("circle").Count(point => point.Attribute("class")!.Value == "validation point").Should().Be(5);
        charts[0].Elements("text").Select(text => text.Value).Should().Contain(text => text.StartsWith("best ")).And.Contain("optimizer step");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_run_that_has_hardly_begun_has_a_page_and_a_plot(int steps)
    {
        var run = Make("young", steps);
        RunReport.Read(run).WriteHtml(run.Report);
        File.Exists(run.Report).Should().BeTrue();
        LossPlot.Write(run.LossPlot, RunMetrics.Read(run.Metrics), "young").Should().BeTrue();
        File.ReadAllBytes(run.LossPlot).Should().StartWith([0x89, (byte)'P', (byte)'N', (byte)'G']);
    }

    [Fact]
    public void Runs_are_found_sorted_and_compared_and_damaged_ones_say_why()
    {
        Make("runs/b", steps: 40);
        Make("runs/group/a", steps: 20, width: 64);
        File.WriteAllText(Make("runs/torn", steps: 10).Metrics, "{\"step\":1,\n");
        File.Delete(Make("runs/lockless", steps: 10).Recipe);
        File.WriteAllText(Make("runs/badlock", steps: 10).Recipe, "name: [\n");
        Directory.CreateDirectory(_folder.File("runs/notes"));

        var runs = RunCatalog.Find([_folder.File("runs")], RunOrder.Loss);
        runs.Select(run => Path.GetFileName(run.Path)).Should().Equal("b", "a", "badlock", "lockless", "torn");
        runs[0].Should().BeEquivalentTo(new { State = RunState.Stopped, Steps = 40L, MaxSteps = 40L, BestStep = 40L, Loss = 1.0 / 40, Tokens = 40L * 64 });
        runs[0].DistanceToTruth.Should().BeApproximately(1.0 / 40 / (4 * Math.Log(2)) / 0.1 - 1, 1e-9);
        runs.Skip(2).Should().AllSatisfy(run => (run.State, run.Fault!.Length > 5).Should().Be((RunState.Damaged, true)));
        runs[3].Fault.Should().Contain("recipe.lock.yaml is missing");
        runs[4].Fault.Should().Contain("line 1");
        RunCatalog.Find([_folder.File("runs")], RunOrder.Steps)[0].Steps.Should().Be(40);

        var differences = RunCatalog.Differences(runs);
        differences.Select(d => d.Key).Should().Equal("model.hidden_size", "training.max_steps");
        differences[0].Values.Values.Should().BeEquivalentTo("32", "64");
        FluentActions.Invoking(() => RunCatalog.Find([_folder.File("runs/notes")])).Should().Throw<DataException>().WithMessage("*no run in this folder*");
        FluentActions.Invoking(() => RunCatalog.Find([_folder.File("nowhere")])).Should().Throw<DataException>().WithMessage("*no such folder*");
    }

    [Fact]
    public void Thinning_keeps_the_ends_the_highest_and_the_lowest()
    {
        var points = Enumerable.Range(0, 10_000).Select(x => ((double)x, x == 5003 ? 9.0 : x == 7001 ? -9.0 : Math.Sin(x))).ToList();
        var thin = Curve.Thin(points, 400);
        thin.Count.Should().BeInRange(200, 404);
        thin.Should().Contain(points[0]).And.Contain(points[^1]).And.Contain(points[5003]).And.Contain(points[7001]).And.BeInAscendingOrder(p => p.X);
        Curve.Thin(points.Take(50), 400).Should().Equal(points.Take(50));
    }

    [Fact]
    public void One_writer_at_a_time()
    {
        var folder = new RunFolder(_folder.File("new/run"));
        using (var first = RunWriter.Open(folder))
        {
            RunWriter.OwnerOf(folder).Should().Contain($"process {Environment.ProcessId} on ");
            FluentActions.Invoking(() => RunWriter.Open(folder)).Should().Throw<OptionsException>().WithMessage("*is being written by process *");
        }
        Directory.Exists(folder.Root).Should().BeFalse("nothing was made in it");
        RunWriter.OwnerOf(folder).Should().BeNull();
        using var second = RunWriter.Open(folder);
        File.WriteAllText(_folder.File("file"), "");
        FluentActions.Invoking(() => RunWriter.Open(new(_folder.File("file")))).Should().Throw<MachineException>().WithMessage("*cannot be written*");
    }

    private RunFolder Make(string name, int steps, int width = 32)
    {
        var run = new RunFolder(_folder.File(name));
        Directory.CreateDirectory(run.Samples);
        var recipe = new Recipe { Name = "made", Model = LlamaConfig.Decoder(layers: 6, width: 256, context: 256) with { HiddenSize = width }, Training = new() { MaxSteps = Math.Max(1, steps), LrScheduler = new NanogptCosineOptions { WarmupSteps = 0 } } };
        RecipeLock.Begin(recipe, "key").Save(run.Recipe);
        if (steps >= 20) File.WriteAllText(Path.Combine(run.Samples, "00000020.txt"), "Once upon a time.\n");
        using var log = new MetricsLog(run.Metrics, 1);
        log.Started(0, steps, evaluated: false);
        for (var step = 0; step <= steps; step++)
        {
            if (step > 0) log.Step(new StepReport(step, 1.0 / step, 2.0 / step, 1e-3, step == 7 ? double.PositiveInfinity : 1, 64, 0.25));
            if (step % 10 == 0) log.Evaluated(step, new EvaluationResult { Loss = 1.0 / Math.Max(1, step), LossInterval = 0.1, Tokens = 10, Bytes = 40, TrueBitsPerByte = 0.1 }, true);
        }
        return run;
    }

    public void Dispose() => _folder.Dispose();
}
