using Loquat.Checkpoints;
using Loquat.FineTuning;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.FineTuning;

/// <summary>Questions on texts: answers become tokens and tokens answers, in texts of any length.</summary>
public sealed class QuestionAnsweringTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string?> Files => [.. SharedFolder.Root is { } root && Directory.Exists(Path.Combine(root, "data", "squad"))
        ? Directory.EnumerateFiles(Path.Combine(root, "data", "squad"), "*.json").Select(Path.GetFileName) : [null]];

    [Theory, MemberData(nameof(Files))]
    public void Of_published_files_every_answer_is_found_again_in_some_part_of_its_text(string? file)
    {
        var examples = SquadFile.Read(SharedFolder.Require("data", "squad", file ?? "*.json"), TestContext.Current.CancellationToken).Where((_, i) => i % 7 == 0).ToList();
        var encoder = Encoder(maxLength: 128);
        var task = new QuestionAnsweringOptions { DocStride = 40, MaxAnswerLength = 60 }.Begin(examples);
        var rows = task.Encode(examples, encoder);
        rows.Count.Should().BeGreaterThan(examples.Count, "texts are longer than rows");
        rows.Should().OnlyContain(row => row.Ids.Length <= 128);
        // Logits that know the labels.
        float[][] logits = [.. rows.Select(row =>
        {
            var said = new float[2 * row.Ids.Length];
            if (row.Labels[1] > 0) (said[2 * row.Labels[0]], said[2 * row.Labels[1] + 1]) = (9, 9);
            return said;
        })];
        var predictions = task.Predict(examples, rows, logits);
        var (found, all) = (0, 0);
        for (var i = 0; i < examples.Count; i++)
        {
            if (examples[i].Answers!.Count == 0) continue;
            all++;
            // A token may be longer than what is asked for, as "1990s" of "1990" is.
            if (predictions[i].Label.Contains(examples[i].Answers![0].Text, StringComparison.Ordinal)) found++;
        }
        ((double)found / all).Should().BeGreaterThan(0.99);
    }

    [Fact]
    public void Places_count_code_points_and_wrong_ones_are_refused()
    {
        Write("a 😀 film by Anna Smith", "Anna Smith", 12);
        Read()[0].Answers![0].Should().Be(new AnswerSpan("Anna Smith", 13));
        Write("a film by Anna", "Anna", 2);
        ((Action)(() => Read())).Should().Throw<DataException>().WithMessage("*question q*'Anna' does not stand at 2*");
    }

    [Fact]
    public void A_question_without_an_answer_is_told_by_the_threshold()
    {
        Example[] examples = [new() { Text = "who?", Pair = "by anna in paris", Answers = [new("anna", 3)], Place = "" }, new() { Text = "when?", Pair = "by anna in paris", Answers = [], Place = "" }];
        var options = (QuestionAnsweringOptions)new QuestionAnsweringOptions().For(new ExampleSets(examples, [], [], "", []));
        options.NoAnswerThreshold.Should().Be(0.5);
        var task = options.Begin(examples);
        var rows = task.Encode(examples, Encoder(64));
        float[][] logits = [.. rows.Select(row =>
        {
            var said = new float[2 * row.Ids.Length];
            (said[2 * row.Labels[0]], said[2 * row.Labels[1] + 1]) = (5, 5);
            return said;
        })];
        task.Predict(examples, rows, logits).Select(said => said.Label).Should().Equal("anna", "");
        task.Result(examples, rows, logits).Figures.Take(2).Select(figure => figure.Value).Should().Equal(1, 1);
    }

    private void Write(string context, string answer, int start) => File.WriteAllText(_folder.File("q.json"), System.Text.Json.JsonSerializer.Serialize(new
    {
        data = (object[])[new { paragraphs = (object[])[new { context, qas = (object[])[new { id = "q", question = "who?", answers = (object[])[new { text = answer, answer_start = start }] }] }] }],
    }));

    private IReadOnlyList<Example> Read() => SquadFile.Read(_folder.File("q.json"), TestContext.Current.CancellationToken);

    private static RowEncoder Encoder(int maxLength)
    {
        var folder = SharedFolder.Require("data", "models", "all-MiniLM-L6-v2");
        return new RowEncoder(Tokenizer.Load(folder), (EncoderConfig)ModelFolder.ReadConfig(folder), maxLength);
    }

    public void Dispose() => _folder.Dispose();
}
