using Loquat.Models;
using Loquat.Objectives;

namespace Loquat.EndToEnd.Tests;

/// <summary>A run of any objective that is killed at any moment (kill -9) goes on as if it never was: three objectives always, all of them behind the long switch.</summary>
public sealed class ObjectiveResumeTests : IDisposable
{
    private static readonly string[] _always = ["masked", "span_corruption", "sequence_to_sequence"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Types => [.. KnownObjectives.Types.Where(type => !KnownObjectives.Find(type)!.IsTask).Where(type => LongTests.Enabled || _always.Contains(type))];

    [Theory, MemberData(nameof(Types))]
    public void Killed_it_goes_on_as_if_never_stopped(string type)
    {
        File.WriteAllText(_folder.File("recipe.yaml"), Recipe(KnownObjectives.Find(type)!));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var whole = CommandLine.Finish(Start("whole"));
        var seconds = watch.Elapsed.TotalSeconds;
        whole.ExitCode.Should().Be(0, whole.All);
        var metrics = TinyRun.Metrics(_folder.File("whole"));
        var random = new Random(5);
        for (var round = 0; round < LongTests.Rounds(1, 10); round++)
        {
            var run = $"killed-{round}";
            for (var kill = 0; kill < 2; kill++)
            {
                using var process = Start(run);
                if (process.WaitForExit(TimeSpan.FromSeconds(seconds * (0.4 + 0.5 * random.NextDouble())))) break;
                process.Kill();
                process.WaitForExit();
            }
            CommandLine.Finish(Start(run)).ExitCode.Should().Be(0);
            TinyRun.Metrics(_folder.File(run)).Should().Equal(metrics, $"round {round} of {type}");
        }
    }

    public void Dispose() => _folder.Dispose();

    private System.Diagnostics.Process Start(string run) =>
        CommandLine.Start(_folder.Path, ["train", "recipe.yaml", "--out", run, .. File.Exists(_folder.File(Path.Combine(run, "recipe.lock.yaml"))) ? (string[])["--resume"] : []]);

    private string Recipe(ObjectiveOptions objective)
    {
        var model = objective.Trains[0] switch
        {
            ModelKind.Encoder => "model_type: bert, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, max_position_embeddings: 32, hidden_dropout_prob: 0.1, architectures: "
                + (objective is SentencePairOptions ? "[BertForPreTraining]" : objective is ContrastiveOptions ? "[BertModel]" : "[BertForMaskedLM]"),
            ModelKind.EncoderDecoder => "model_type: t5, d_model: 32, d_kv: 16, num_layers: 2, num_heads: 2, dropout_rate: 0.1",
            _ => "model_type: gpt2, n_embd: 32, n_layer: 2, n_head: 2, n_positions: 32, resid_pdrop: 0.1",
        };
        var (data, context) = ("story_megabytes: 0.2", 32);
        if (objective.ReadsPairs)
        {
            File.WriteAllLines(_folder.File("pairs.tsv"), Enumerable.Range(0, 300).Select(i => $"{i * 7 % 101} apples and {new string('x', 1 + i % 9)}\t{i * 7 % 101} Äpfel und {new string('y', 1 + i % 5)}"));
            data = "path: pairs.tsv";
        }
        if (objective is ConversationOptions talks)
        {
            (data, model, context) = ($"path: {Path.GetFileName(TaskSamples.Conversations(_folder, talks.Prefers))}", model.Replace("n_positions: 32", "n_positions: 128", StringComparison.Ordinal), 128);
        }
        return $$"""
            data: { {{data}} }
            tokenizer: {type: byte}
            model: { {{model}} }
            objective: {type: {{objective.Type}}, label_smoothing: {{(objective.PredictsClasses ? "0.1" : "0")}} }
            training: {max_steps: 40, context_length: {{context}}, per_device_train_batch_size: 4, eval_steps: 20, eval_rows: 8, save_steps: 5, logging_steps: 1, lr_scheduler: {warmup_steps: 2} }
            """;
    }
}
