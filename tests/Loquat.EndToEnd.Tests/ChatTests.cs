using System.Text.Json;

namespace Loquat.EndToEnd.Tests;

/// <summary>From conversations to answers, and from pairs of answers to preferences, on the command line.</summary>
public sealed class ChatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_is_shown_what_it_will_learn_learns_it_answers_and_learns_what_is_preferred()
    {
        var data = TaskSamples.Conversations(_folder, preferences: false);
        File.WriteAllText(_folder.File("chat.yaml"), $$"""
            name: talker
            data: {path: '{{data}}'}
            tokenizer: {type: byte}
            model: {hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, max_position_embeddings: 160}
            objective: {type: chat}
            training: {num_train_epochs: 1, context_length: 160, per_device_train_batch_size: 8, eval_steps: 5, save_steps: 5, logging_steps: 1, optimizer: {learning_rate: 3e-3}, lr_scheduler: {warmup_steps: 0} }
            """);
        var shown = CommandLine.Run(_folder.Path, "data", "show", "chat.yaml", "--rows", "1", "--json");
        shown.ExitCode.Should().Be(0, shown.All);
        shown.Error.Should().Contain("was checked token by token");
        var row = JsonDocument.Parse(shown.Output).RootElement;
        var labels = row.GetProperty("labels").EnumerateArray().Select(label => label.GetInt64()).Where(label => label >= 0).ToList();
        labels.Count.Should().BeGreaterThan(10).And.BeLessThan(row.GetProperty("input_ids").GetArrayLength());

        var trained = CommandLine.Run(_folder.Path, "train", "chat.yaml");
        trained.ExitCode.Should().Be(0, trained.All);
        trained.Error.Should().Contain("72 conversations to learn from, 8 to validate with");
        foreach (var file in (string[])["chat_template.jinja", "tokenizer_config.json", "tokenizer.json", "generation_config.json"]) File.Exists(_folder.File($"runs/talker/checkpoints/best/{file}")).Should().BeTrue(file);
        var answer = CommandLine.Run(_folder.Path, "chat", "runs/talker", "Is film 3 any good?", "--max-new-tokens", "8", "--json");
        answer.ExitCode.Should().Be(0, answer.All);
        JsonDocument.Parse(answer.Output).RootElement.GetProperty("completion_tokens").GetInt32().Should().BeInRange(0, 8);
        var several = CommandLine.RunWithInput(_folder.Path, "Is film 3 any good?\nAnd film 4?\n", "chat", "runs/talker", "--max-new-tokens", "4", "--json");
        several.Output.TrimEnd().Split('\n').Should().HaveCount(2, several.All);
        var again = CommandLine.Run(_folder.Path, "train", "runs/talker", "--resume", "--set", "training.max_steps=10");
        again.ExitCode.Should().Be(0, again.All);

        File.WriteAllText(_folder.File("prefer.yaml"), $$"""
            name: prefers
            data: {path: '{{TaskSamples.Conversations(_folder, preferences: true)}}'}
            objective: {type: preference}
            training: {max_steps: 3, context_length: 160, per_device_train_batch_size: 4, eval_steps: 3, save_steps: 3, lr_scheduler: {warmup_steps: 0} }
            """);
        var preferred = CommandLine.Run(_folder.Path, "train", "prefer.yaml", "--from", "runs/talker");
        preferred.ExitCode.Should().Be(0, preferred.All);
        preferred.Output.Should().Contain("rewards/accuracies").And.Contain("rewards/margins");
        // The run's own pairs against its own reference: what training told at its end.
        CommandLine.Run(_folder.Path, "evaluate", "runs/prefers").Output.Should().Be(preferred.Output);
        CommandLine.Run(_folder.Path, "chat", "runs/prefers", "Is film 3 any good?", "--max-new-tokens", "4").ExitCode.Should().Be(0);
    }
}
