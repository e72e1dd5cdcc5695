using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Models;

namespace Loquat.EndToEnd.Tests;

/// <summary>`loquat finetune` and `loquat predict`: from a file of examples to answers, and from a killed run to the same.</summary>
public sealed class FinetuneTests : IDisposable
{
    internal const string Recipe = """
        name: tiny-task
        data:
          path: classification.csv
        tokenizer:
          vocab_size: 300
        model:
          model_type: bert
          hidden_size: 32
          num_hidden_layers: 2
          num_attention_heads: 2
          intermediate_size: 64
          max_position_embeddings: 32
          hidden_dropout_prob: 0.1
        objective:
          type: classification
        training:
          num_train_epochs: 10
          per_device_train_batch_size: 8
          optimizer:
            learning_rate: 2e-3
          lr_scheduler:
            type: linear
            warmup_ratio: 0.1
          eval_steps: 20
          save_steps: 10
          logging_steps: 1
        """;

    private readonly TemporaryFolder _folder = new();

    public FinetuneTests()
    {
        TaskSamples.Write(_folder, "classification");
        File.WriteAllText(_folder.File("tiny.yaml"), Recipe);
    }

    [Fact]
    public void A_file_of_examples_becomes_a_model_that_tells_labels_and_a_model_becomes_another()
    {
        var first = CommandLine.Run(_folder.Path, "finetune", "tiny.yaml");
        first.ExitCode.Should().Be(0, first.All);
        first.Error.Should().Contain("text: 'text'; label: 'label' (by their names)").And.Contain("2 classes: bad (32), good film 😀 (32)");
        first.Output.Should().Contain("accuracy").And.Contain("95 % interval").And.Contain("macro F1").And.Contain("taken for");
        var run = _folder.File("runs/tiny-task");
        foreach (var file in (string[])["results.json", "predictions.jsonl", "plots/confusion.png", "evaluation.json", "checkpoints/best/tokenizer.json", "report.html"]) File.Exists(Path.Combine(run, file)).Should().BeTrue(file);
        var config = (EncoderConfig)ModelFolder.ReadConfig(Path.Combine(run, "checkpoints/best"));
        config.Labels.Should().Equal("bad", "good film 😀");
        using (var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "checkpoints/best/config.json"))))
        {
            json.RootElement.GetProperty("problem_type").GetString().Should().Be("single_label_classification");
            json.RootElement.GetProperty("label2id").GetProperty("good film 😀").GetInt32().Should().Be(1);
            json.RootElement.GetProperty("architectures")[0].GetString().Should().Be("BertForSequenceClassification");
        }

        var said = CommandLine.RunWithInput(_folder.Path, "film 3 is lovely, and so is its end\n\n", "predict", "runs/tiny-task", "--json");
        said.ExitCode.Should().Be(0, said.All);
        var lines = said.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines.Should().HaveCount(2);
        lines[0].GetProperty("label").GetString().Should().Be("good film 😀");
        lines[0].GetProperty("probabilities").EnumerateObject().Sum(p => p.Value.GetDouble()).Should().BeApproximately(1, 1e-9);
        CommandLine.Run(_folder.Path, "predict", "runs/tiny-task", "--data", "classification.csv").Output.TrimEnd().Split('\n').Should().HaveCount(80);

        // Without a recipe, with the model that was made: its encoder is kept, the head is new.
        File.WriteAllText(_folder.File("other.jsonl"), string.Concat(Enumerable.Range(0, 60).Select(i => $"{{\"sentence\": \"film {i} is {(i % 3 == 0 ? "fine" : i % 3 == 1 ? "cold" : "long")}\", \"class\": {i % 3}}}\n")));
        var second = CommandLine.Run(_folder.Path, "finetune", "--task", "classification", "--data", "other.jsonl", "--model", "runs/tiny-task", "--set", "training.num_train_epochs=1");
        second.ExitCode.Should().Be(0, second.All);
        second.Error.Should().Contain("epochs").And.Contain("rate").And.Contain("3 classes: 0").And.Contain("by a hash of the text");
        CommandLine.Run(_folder.Path, "runs", "runs").Output.Should().Contain("other-classification");
    }

    [Theory]
    [InlineData("regression", "Pearson correlation", "score")]
    [InlineData("multi_label", "micro F1", "labels")]
    [InlineData("token_classification", "F1", "entities")]
    [InlineData("question_answering", "exact match", "start")]
    [InlineData("reward", "accuracy", "rejected_score")]
    public void Every_task_goes_from_a_file_to_answers(string task, string figure, string detail)
    {
        var data = TaskSamples.Write(_folder, task);
        var outcome = CommandLine.Run(_folder.Path, "finetune", "tiny.yaml", "--task", task, "--data", data, "--set", "training.num_train_epochs=1");
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Output.Should().Contain(figure);
        var said = CommandLine.Run(_folder.Path, "predict", "runs/tiny-task", "--data", data, "--json");
        said.ExitCode.Should().Be(0, said.All);
        foreach (var line in said.Output.TrimEnd().Split('\n'))
        {
            using var json = JsonDocument.Parse(line);
            json.RootElement.TryGetProperty(detail, out _).Should().BeTrue(line);
        }
        var text = task == "question_answering" ? "Who made it?\tIt was made by Anna in the north." : "Anna Smith saw a film.";
        CommandLine.RunWithInput(_folder.Path, text + "\n", "predict", "runs/tiny-task").Output.TrimEnd().Split('\n').Should().HaveCount(1);
    }

    [Fact]
    public void Killed_and_interrupted_it_goes_on_as_if_never_stopped()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("signals are a Unix thing");
        var whole = CommandLine.Run(_folder.Path, "finetune", "tiny.yaml", "--out", "whole");
        whole.ExitCode.Should().Be(0, whole.All);
        var process = CommandLine.StartInterruptible(_folder.Path, "finetune", "tiny.yaml", "--out", "stopped");
        while (!process.HasExited && (!File.Exists(_folder.File("stopped/metrics.jsonl")) || TinyRun.Metrics(_folder.File("stopped")).Length < 15)) Thread.Sleep(5);
        CommandLine.Interrupt(process);
        var stopped = CommandLine.Finish(process);
        stopped.ExitCode.Should().Be(130, stopped.All);
        stopped.Error.Should().Contain("loquat finetune stopped --resume");
        var again = CommandLine.Start(_folder.Path, "finetune", "stopped", "--resume");
        while (!again.HasExited && TinyRun.Metrics(_folder.File("stopped")).Length < 40) Thread.Sleep(5);
        again.Kill();
        CommandLine.Finish(again);
        CommandLine.Run(_folder.Path, "finetune", "stopped", "--resume").Output.Should().Be(whole.Output);
        TinyRun.Metrics(_folder.File("stopped")).Should().Equal(TinyRun.Metrics(_folder.File("whole")));
        File.AppendAllText(_folder.File("classification.csv"), "another,bad\n");
        var other = CommandLine.Run(_folder.Path, "finetune", "stopped", "--resume");
        (other.ExitCode, other.Error.Contains("not the examples that the run", StringComparison.Ordinal)).Should().Be((3, true), other.All);
    }

    [Fact]
    public void Wrong_usage_gets_one_line()
    {
        File.WriteAllText(_folder.File("one.csv"), "text,label\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"text {i},same\n")));
        File.WriteAllText(_folder.File("none.csv"), "text,label\na,x\nb,\n");
        File.WriteAllText(_folder.File("unheard.csv"), "text,label\na,unheard\n");
        foreach (var (code, message, arguments) in ((int, string, string[])[])
        [
            (2, "--task is missing", ["finetune", "--data", "one.csv"]),
            (3, "no such file", ["finetune", "tiny.yaml", "--data", "missing.csv", "--out", "a"]),
            (3, "all 24 examples have the label 'same'", ["finetune", "tiny.yaml", "--data", "one.csv", "--out", "b"]),
            (3, "line 3: the label is empty", ["finetune", "tiny.yaml", "--data", "none.csv", "--out", "c"]),
            (3, "there is no column 'txt'; there are text, label. Did you mean 'text'?", ["finetune", "tiny.yaml", "--text", "txt", "--out", "d"]),
            (3, "unheard", ["finetune", "tiny.yaml", "--test", "unheard.csv", "--out", "d"]),
            (2, "use loquat train", ["finetune", "tiny.yaml", "--set", "objective=null", "--set", "training.num_train_epochs=null", "--out", "e"]),
            (2, "loquat finetune RECIPE", ["train", "tiny.yaml", "--out", "f"]),
            (2, "data.sampling is 'windows', but the objective classification is learned from examples", ["finetune", "tiny.yaml", "--set", "data.sampling=windows"]),
            (4, "no such folder", ["predict", "missing", "--data", "one.csv"]),
        ])
        {
            var outcome = CommandLine.Run(_folder.Path, arguments);
            outcome.ExitCode.Should().Be(code, outcome.All);
            outcome.All.Should().Contain(message);
        }
        Directory.GetDirectories(_folder.Path).Should().BeEmpty("a run that does not begin leaves nothing");
    }

    public void Dispose() => _folder.Dispose();
}
