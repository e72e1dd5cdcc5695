using Loquat.Tasks;

namespace Loquat.Tests.Tasks;

public sealed class TaskFileTests
{
    private const string Good = """
        name: mine
        kind: multiple_choice
        data: {path: questions.jsonl}
        prompt: "{{ question }}"
        choices: "{{ options }}"
        gold: "{{ answer }}"
        """;

    public static TheoryData<string> BuiltIn => [.. TaskFile.BuiltIn];

    [Theory, MemberData(nameof(BuiltIn))]
    public void Every_built_in_task_is_whole_and_reads_its_data_where_it_is(string name)
    {
        var task = TaskFile.Load(name);
        task.Name.Should().Be(name);
        task.About.Should().NotBeEmpty();
        var data = SharedFolder.Require("data");
        if (!task.Data.Any(s => s.Paths.Values.All(p => File.Exists(Path.Combine(data, p))))) return; // of data sets that are not at hand
        var result = TaskRunner.Run(new RandomTaskModel(), task, new() { Data = data, Limit = 20 }, cancellation: TestContext.Current.CancellationToken);
        result.Documents.Count.Should().BeGreaterThan(0);
        foreach (var metric in result.Metrics) metric.Estimate.Value.Should().NotBe(double.NaN, metric.Name);
        foreach (var request in result.Documents.SelectMany(d => d.Requests)) (request.Context + request.Continuation).Trim().Should().NotBeEmpty();
        foreach (var document in result.Documents.Where(d => d.Choices.Count > 0)) document.Choices.Should().OnlyContain(c => c.Length > 0);
    }

    [Theory]
    [InlineData("knd: multiple_choice", "unknown key 'knd'. Did you mean 'kind'?")]
    [InlineData("metrics: [acc_nrm]", "Did you mean 'acc_norm'?")]
    [InlineData("answers: x", "answers has no effect in a multiple_choice task")]
    [InlineData("few_shot: {cont: 2}", "unknown key 'few_shot.cont'. Did you mean 'count'?")]
    [InlineData("few_shot: {count: many}", "few_shot.count is 'many'; it must be a whole number from 0 to 1000")]
    [InlineData("category: \"{{ x\"", "category is no template")]
    [InlineData("ignore: [\"(\"]", "ignore holds a pattern that is none")]
    public void Faults_are_told_with_their_line(string added, string message)
    {
        var parse = () => TaskFile.Parse($"{Good}\n{added}", "mine.yaml");
        parse.Should().Throw<OptionsException>().Which.Message.Should().Contain("mine.yaml, line 7").And.Contain(message);
    }

    [Theory]
    [InlineData("../secrets.jsonl")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b.jsonl")]
    [InlineData("..\\b.jsonl")]
    [InlineData("C:/b.jsonl")]
    public void No_path_leaves_the_data_folder(string path)
    {
        var parse = () => TaskFile.Parse(Good.Replace("questions.jsonl", path, StringComparison.Ordinal), "mine.yaml");
        parse.Should().Throw<OptionsException>().Which.Message.Should().Contain("must lie below the data folder");
    }

    [Fact]
    public void Patterns_and_templates_come_to_an_end()
    {
        var slow = new AnswerExtraction("slow") { Pattern = "^(a+)+$" };
        var match = () => slow.Of(new string('a', 40) + "!");
        match.Should().Throw<DataException>().WithMessage("*more than a second*");
        var endless = new TaskTemplate("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "endless");
        var render = () => endless.Render([]);
        render.Should().Throw<DataException>();
    }

    [Fact]
    public void A_field_that_is_not_there_is_an_error()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("questions.jsonl"), "{\"qestion\": \"?\", \"options\": [\"a\", \"b\"], \"answer\": 0}\n");
        File.WriteAllText(folder.File("mine.yaml"), Good);
        var run = () => TaskRunner.Run(new RandomTaskModel(), TaskFile.Load(folder.File("mine.yaml")), new());
        run.Should().Throw<DataException>().WithMessage("*record 1*'question' is not there*qestion*");
    }

    [Theory]
    [InlineData("q.csv", "question,a,b,right\n\"One, or\ntwo?\",x,\"y \"\"z\"\"\",B\n")]
    [InlineData("q.tsv", "question\ta\tb\tright\nOne?\tx\ty\tB\n")]
    [InlineData("q.json", "{\"data\": [{\"question\": \"One?\", \"a\": \"x\", \"b\": \"y\", \"right\": 1}]}")]
    [InlineData("q.jsonl", "\n{\"question\": \"One?\", \"a\": \"x\", \"b\": \"y\", \"right\": \"1\"}\n\n")]
    public void Data_of_every_format_is_read(string file, string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(file), content);
        File.WriteAllText(folder.File("mine.yaml"), $$$"""
            name: mine
            kind: multiple_choice
            data: {path: {{{file}}}}
            prompt: "{{ question }}"
            choices: ["{{ a }}", "{{ b }}"]
            gold: "{{ right }}"
            """);
        var result = TaskRunner.Run(new RandomTaskModel(), TaskFile.Load(folder.File("mine.yaml")), new(), cancellation: TestContext.Current.CancellationToken);
        result.Documents.Should().HaveCount(1);
        result.Documents[0].Gold.Should().Be(1);
        result.Documents[0].Requests[0].Context.Should().StartWith("One");
        result.Documents[0].Choices[0].Should().Be("x");
    }
}
