using Loquat.Layers;
using Loquat.Tasks;
using Loquat.Tests.Evaluation;

namespace Loquat.Tests.Tasks;

public sealed class TaskRunnerTests
{
    private static TaskOptions Options(int limit, string? log = null, int? shots = null) => new() { Data = SharedFolder.Require("data"), Limit = limit, Log = log, FewShot = shots };

    [Theory]
    [InlineData("hellaswag", 0)]
    [InlineData("winogrande", 0)]
    [InlineData("lambada_openai", 0)]
    [InlineData("sst2", 2)]
    public void A_stopped_run_goes_on_and_gives_the_same_bits(string name, int shots)
    {
        using var fixture = new LikelihoodFixture(Placement.Cpu);
        using var folder = new TemporaryFolder();
        var task = TaskFile.Load(name);
        var whole = TaskRunner.Run(fixture.Tasks, task, Options(8, folder.File("whole"), shots), cancellation: TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var stopped = () => TaskRunner.Run(fixture.Tasks, task, Options(8, folder.File("log"), shots), (done, _) => { if (done == 3) stop.Cancel(); }, stop.Token);
        stopped.Should().Throw<OperationCanceledException>();
        var log = folder.File($"log/{name}.jsonl");
        File.ReadLines(log).Should().HaveCount(4);
        // As a kill in the middle of a line leaves it.
        File.WriteAllText(log, File.ReadAllText(log)[..^9]);
        var resumed = TaskRunner.Run(fixture.Tasks, task, Options(8, folder.File("log"), shots), cancellation: TestContext.Current.CancellationToken);
        resumed.Resumed.Should().Be(2);
        resumed.Scores.Select(s => s.LogProbabilities).Should().BeEquivalentTo(whole.Scores.Select(s => s.LogProbabilities), options => options.WithStrictOrdering());
        File.ReadLines(log).Order().Should().Equal(File.ReadLines(folder.File($"whole/{name}.jsonl")).Order());
        var other = () => TaskRunner.Run(fixture.Tasks, task, Options(7, folder.File("log"), shots));
        other.Should().Throw<OptionsException>().WithMessage("*holds other answers*");
    }

    [Fact]
    public void Examples_are_never_the_question_itself_and_the_same_for_one_seed()
    {
        var task = TaskFile.Load("sst2");
        var first = TaskRunner.Run(new RandomTaskModel(), task, Options(200, shots: 3), cancellation: TestContext.Current.CancellationToken);
        var second = TaskRunner.Run(new RandomTaskModel(), task, Options(200, shots: 3), cancellation: TestContext.Current.CancellationToken);
        first.Documents.Select(d => d.Requests[0].Context).Should().Equal(second.Documents.Select(d => d.Requests[0].Context));
        foreach (var document in first.Documents)
        {
            string[] parts = document.Requests[0].Context.Split("\n\n");
            parts.Should().HaveCount(4);
            parts[..3].Should().OnlyContain(p => p.EndsWith(" positive", StringComparison.Ordinal) || p.EndsWith(" negative", StringComparison.Ordinal));
            parts[..3].Should().NotContain(p => p.StartsWith(parts[3], StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Answers_of_gsm8k_are_found_as_the_reference_finds_them()
    {
        var task = TaskFile.Load("gsm8k");
        var cases = LikelihoodFixture.Read("gsm8k_extraction.json").GetProperty("cases").EnumerateArray().ToList();
        cases.Should().NotBeEmpty();
        foreach (var given in cases)
        {
            var document = new TaskDocument { Index = 0, Requests = [("", "")], Answers = [given.GetProperty("gold").GetString()!], Record = [] };
            var score = new TaskScore { Outputs = [given.GetProperty("output").GetString()!] };
            foreach (var extract in task.Extract) extract.Of(score.Outputs[0]).Should().Be(given.GetProperty(extract.Name).GetProperty("extracted").GetString(), score.Outputs[0]);
            foreach (var metric in TaskMetrics.Of(task, [document], [score]))
                metric.Estimate.Value.Should().Be(given.GetProperty(metric.Name.Split('.')[1]).GetProperty("match").GetBoolean() ? 1 : 0, $"{metric.Name} of {score.Outputs[0]}");
        }
    }

    [Fact]
    public void A_model_that_knows_the_answers_is_right_everywhere()
    {
        var answers = TaskRunner.Run(new RandomTaskModel(), TaskFile.Load("multi30k_en_de"), Options(12), cancellation: TestContext.Current.CancellationToken).Documents.ToDictionary(d => d.Requests[0].Context, d => d.Answers[0]);
        var result = TaskRunner.Run(new RandomTaskModel(prompt => answers[prompt]), TaskFile.Load("multi30k_en_de"), Options(12), cancellation: TestContext.Current.CancellationToken);
        result.Metrics[0].Estimate.Value.Should().BeApproximately(100, 1e-9);
        result.Metrics[0].Estimate.StandardError.Should().BeApproximately(0, 1e-9);
    }

    [Fact]
    public void Models_are_compared_on_the_same_documents()
    {
        var task = TaskFile.Load("svamp");
        var gold = TaskRunner.Run(new RandomTaskModel(), task, Options(60), cancellation: TestContext.Current.CancellationToken).Documents.ToDictionary(d => d.Requests[0].Context, d => d.Answers[0]);
        TaskResult Run(Func<string, int, bool> knows, string name) =>
            TaskRunner.Run(new RandomTaskModel(prompt => knows(prompt, gold.Keys.ToList().IndexOf(prompt)) ? gold[prompt] : "none", name), task, Options(60), cancellation: TestContext.Current.CancellationToken);
        var (good, same, bad) = (Run((_, i) => i % 4 != 0, "good"), Run((_, i) => i % 4 != 1, "same"), Run((_, i) => i % 4 == 0, "bad"));
        var better = ModelComparison.Of(bad, good);
        better.Difference.Value.Should().BeApproximately(0.5, 1e-9);
        better.IsDifference.Should().BeTrue();
        better.SecondIsBetter.Should().BeTrue();
        ModelComparison.Of(good, same).IsDifference.Should().BeFalse();
    }

    [Fact]
    public void A_model_that_only_writes_is_not_asked_how_likely_texts_are()
    {
        var run = () => TaskRunner.Run(new RandomTaskModel(scores: false), TaskFile.Load("hellaswag"), Options(2));
        run.Should().Throw<OptionsException>().WithMessage("*cannot be asked*it takes generation*");
    }
}
