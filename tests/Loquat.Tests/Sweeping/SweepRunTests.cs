using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Sweeping;
using Loquat.Sweeps.Trials;

namespace Loquat.Tests.Sweeping;

/// <summary>Small sweeps carried out: what is found is what the runs alone would give, whether or not anything came between.</summary>
public sealed class SweepRunTests : IDisposable
{
    private const string Method = "sampler: {type: random}";

    private const string Space = """
        space:
          training.optimizer.learning_rate: {type: log_uniform, low: 1e-4, high: 1e-1}
          model.n_embd: [8, 12]
        """;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Sweep Of(string more, string space = Space) => SweepFile.Parse($$$"""
        name: small
        recipe:
          data: {story_megabytes: 0.05}
          tokenizer: {type: byte}
          model: {model_type: gpt2, n_embd: 8, n_layer: 1, n_head: 2, n_positions: 16}
          training: {max_steps: 18, per_device_train_batch_size: 2, eval_steps: 2, eval_rows: 4, save_steps: 4, overfitting_watch: false, lr_scheduler: {warmup_steps: 1}}
        {{{space}}}
        budget: {trials: 4}
        {{{more}}}
        """, "small.yaml", ".");

    private SweepRun Run(Sweep sweep, string folder) => new(sweep, _folder.File(folder));

    [Fact]
    public void The_best_recipe_trains_to_the_loss_that_its_trial_had()
    {
        File.WriteAllText(_folder.File("test.txt"), string.Concat(Enumerable.Repeat("A text that no trial saw. ", 40)));
        var sweep = Of(Method) with { TestPath = _folder.File("test.txt") };
        var result = Run(sweep, "a").Run(null, Cancellation).Tested(Cancellation);
        result.Write();
        result.Trials.Should().HaveCount(4).And.OnlyContain(t => t.State == TrialState.Finished && t.Tokens == 18 * 2 * 16 && t.Seconds > 0);
        Directory.GetDirectories(_folder.File("a/.data")).Should().ContainSingle("the text is read once for all trials");
        RunCatalog.Find([_folder.File("a")]).Should().HaveCount(4).And.OnlyContain(r => r.State == RunState.Finished);
        result.Test!.Loss.Should().BeInRange(1, 8);
        using (var dataset = Loquat.Text.Datasets.TokenDataset.OpenWhole(SweepRun.TrialFolder(_folder.File("a"), 0).Data, out _, cancellation: Cancellation)) dataset.Should().NotBeNull("a trial is a run like any other");

        var best = RecipeFile.Load(_folder.File("a/best.yaml"));
        best.Name.Should().Be("small-best");
        new TrainingRun(best, new RunFolder(_folder.File("again"))).Train(Cancellation).Evaluation.Loss.Should().Be(result.ValueOf(result.Best!));

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.File("a/report.json")));
        json.RootElement.GetProperty("best").GetProperty("value").GetDouble().Should().Be(result.Trials.Min(t => t.Loss));
        json.RootElement.GetProperty("trials").GetArrayLength().Should().Be(4);
        json.RootElement.GetProperty("test").GetProperty("loss").GetDouble().Should().Be(result.Test.Loss);
    }

    [Fact]
    public void What_is_stopped_goes_on_to_the_same_trials()
    {
        var sweep = Of(Method) with { Budget = new() { Trials = 2 } };
        var whole = Run(sweep, "whole").Run(null, Cancellation);
        for (var steps = 7; ; steps += 20)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            try
            {
                var result = Run(sweep, "parts").Run(new StopsAfter(steps, stop), stop.Token);
                result.Trials.Select(t => (t.Configuration, t.State)).Should().Equal(whole.Trials.Select(t => (t.Configuration, t.State)));
                result.Trials.Select(t => t.Loss).Should().Equal(whole.Trials.Select(t => t.Loss));
                result.Trials.Select(t => string.Join(' ', t.Reports)).Should().Equal(whole.Trials.Select(t => string.Join(' ', t.Reports)));
                steps.Should().BeGreaterThan(7, "it was stopped on the way");
                return;
            }
            catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
            {
                // The same call goes on.
            }
        }
    }

    [Fact]
    public void Trials_that_are_cut_and_go_on_lose_nothing_by_it()
    {
        var result = Run(Of($"{Method}\npruner: {{type: asha, eta: 2, rungs: 3}}") with { Checkpoints = CheckpointsKept.Best }, "asha").Run(null, Cancellation);
        result.Trials.Select(t => t.Rung).Should().Contain([0, 2]);
        result.Trials.Where(t => t.State == TrialState.Paused).Select(t => (t.Rung, t.Reports[^1].Resource)).Distinct().Should().NotBeEmpty().And.BeSubsetOf([(0, 4L), (1, 10L)]);
        var best = result.Best!;
        new TrainingRun(result.BestRecipe, new RunFolder(_folder.File("again"))).Train(Cancellation).Evaluation.Loss.Should().Be(best.Loss);
        foreach (var trial in result.Trials.Where(t => t.IsOver))
            Directory.Exists(SweepRun.TrialFolder(_folder.File("asha"), trial.Number).Checkpoints).Should().Be(trial.Number == best.Number);
    }

    [Fact]
    public void A_trial_that_cannot_be_is_failed_with_its_reason_and_counted()
    {
        // Three heads do not fit a width of 8, and no model bears such a rate.
        var sweep = Of("sampler: {type: grid}", "space: {model.n_embd: [8, 12], model.n_head: [3], training.optimizer.learning_rate: [0.01, 100]}") with { Set = ["training.optimizer.type=sgd", "training.max_grad_norm=1e9"] };
        var result = Run(sweep, "failed").Run(null, Cancellation);
        result.Trials.Select(t => t.State).Should().Equal(TrialState.Failed, TrialState.Failed, TrialState.Finished, TrialState.Failed);
        result.Trials.Take(2).Should().OnlyContain(t => t.Error!.Contains("n_head"));
        result.Trials[3].Error.Should().Match(e => e.Contains("diverged") || e.Contains("NaN"));
        result.Write();
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.File("failed/report.json")));
        json.RootElement.GetProperty("trials").EnumerateArray().Count(t => t.TryGetProperty("error", out _)).Should().Be(3);
    }

    [Fact]
    public void Another_sweep_does_not_go_on_in_its_folder_but_a_larger_budget_does()
    {
        Run(Of(Method) with { Budget = new() { Trials = 1 } }, "one").Run(null, Cancellation).Trials.Should().HaveCount(1);
        Run(Of(Method) with { Budget = new() { Trials = 2 } }, "one").Run(null, Cancellation).Trials.Should().HaveCount(2);
        Run(Of(Method) with { Seed = 9 }, "one").Invoking(r => r.Run(null, Cancellation)).Should().Throw<OptionsException>().WithMessage("*another study*");
        Run(Of(Method) with { Budget = new() { Trials = 9, Tokens = 3 * 18 * 2 * 16 } }, "one").Run(null, Cancellation).Trials.Should().HaveCount(3, "the tokens of three trials are spent");
    }

    [Fact]
    public void The_page_shows_every_picture_with_its_labels_and_needs_no_other_file()
    {
        var sweep = Of("", """
            space:
              training.optimizer.type: [adamw, muon]
              training.optimizer.learning_rate: {type: log_uniform, low: 1e-4, high: 1e-1}
              training.optimizer.muon_learning_rate: {type: uniform, low: 0.01, high: 0.1, when: {training.optimizer.type: muon}}
              training.per_device_train_batch_size: {type: int, low: 2, high: 32, log: true}
            """);
        var trials = Enumerable.Range(0, 40).Select(i =>
        {
            var configuration = new Loquat.Sweeps.Samplers.SobolSampler().Propose(sweep.Space!, [], i, 1);
            var loss = Math.Abs(Math.Log10(double.Parse(configuration["training.optimizer.learning_rate"], CultureInfo.InvariantCulture)) + 2.5) + (configuration["training.optimizer.type"] == "muon" ? 1.4 : 1.6);
            return new Trial { Number = i, Configuration = configuration, State = i % 9 == 8 ? TrialState.Failed : i % 4 == 3 ? TrialState.Pruned : TrialState.Finished, Error = i % 9 == 8 ? "training <diverged>" : null, Reports = i % 9 == 8 ? [] : [new(6, loss + 1), new(i % 4 == 3 ? 12 : 18, i == 5 ? 400 : loss)], Seconds = 3 };
        }).ToList();
        var result = new SweepResult(sweep, _folder.File("page"), 18, trials);
        result.Write();
        if (Environment.GetEnvironmentVariable("LOQUAT_KEEP") is { Length: > 0 } keep) File.Copy(_folder.File("page/report.html"), keep, overwrite: true);
        var page = File.ReadAllText(_folder.File("page/report.html"));
        foreach (var heading in (string[])["Optimization history", "On the way", "Parallel coordinates", "Importance", "learning_rate", "muon_learning_rate", "per_device_train_batch_size", "Trials", "Space", "Best recipe"]) page.Should().Contain(heading);
        page.Should().NotContain("http").And.NotContain("<script").And.Contain("training &lt;diverged&gt;").And.NotContain("NaN").And.NotContain("∞");
        var pictures = page.Split("<svg ").Skip(1).Select(part => XElement.Parse("<svg " + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)])).ToList();
        pictures.Should().HaveCount(1 + 1 + 1 + 1 + 4 + 5, "history, curves, parallel coordinates, importance, four slices, contours but of a key and its condition");
        foreach (var picture in pictures)
        {
            var box = picture.Attribute("viewBox")!.Value.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
            picture.Descendants("text").Should().NotBeEmpty();
            foreach (var (mark, x, y) in picture.Descendants().Select(e => (e, Number(e, "x") ?? Number(e, "cx"), Number(e, "y") ?? Number(e, "cy"))).Where(m => m.Item2 is not null))
                (x >= 0 && x <= box[2] && y >= 0 && y <= box[3]).Should().BeTrue($"{mark} is in the picture");
        }
        result.Importance[0].Name.Should().Be("training.optimizer.learning_rate");

        static double? Number(XElement element, string name) => element.Attribute(name) is { } attribute ? double.Parse(attribute.Value, CultureInfo.InvariantCulture) : null;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Ctrl+C after so many steps.</summary>
    private sealed class StopsAfter(int steps, CancellationTokenSource stop) : ISweepReporter
    {
        private int _made;

        public void Stepped(Trial trial, StepReport report, long maxSteps)
        {
            if (++_made == steps) stop.Cancel();
        }
    }
}
