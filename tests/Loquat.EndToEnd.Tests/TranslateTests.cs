namespace Loquat.EndToEnd.Tests;

/// <summary>Pairs of texts from files to a trained model, its texts and their score, through the command line alone.</summary>
public sealed class TranslateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_model_learns_from_two_files_writes_a_line_for_each_line_and_is_scored()
    {
        var words = new[] { "one", "two", "three", "four" };
        var german = new[] { "eins", "zwei", "drei", "vier" };
        IEnumerable<string> Lines(string[] of, int count) => Enumerable.Range(0, count).Select(i => $"{of[i % 4]} {of[i / 4 % 4]} {of[i / 16 % 4]}");
        File.WriteAllLines(_folder.File("en"), Lines(words, 640));
        File.WriteAllLines(_folder.File("de"), Lines(german, 640));
        File.WriteAllText(_folder.File("recipe.yaml"), """
            name: numbers
            data: {path: en, target_path: de, validation_path: en, validation_target_path: de}
            tokenizer: {type: character}
            model: {model_type: marian, d_model: 32, encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 2, decoder_attention_heads: 2, max_position_embeddings: 32}
            objective: {type: sequence_to_sequence}
            training: {max_steps: 60, per_device_train_batch_size: 32, eval_steps: 60, eval_rows: 16, save_steps: 60, optimizer: {type: muon, learning_rate: 0.01}, lr_scheduler: {warmup_steps: 5}}
            generation: {temperature: 0, num_beams: 3, max_new_tokens: 24}
            """);
        Run("train", "recipe.yaml").Output.Should().Contain("validation loss");
        Run("data", "show", "recipe.yaml", "--rows", "1").Output.Should().Contain("decoder");
        File.WriteAllText(_folder.File("lines"), "one two three\n\nfour\n");
        Run("translate", "runs/numbers", "--input", "lines", "--output", "written");
        var written = File.ReadAllLines(_folder.File("written"));
        written.Should().HaveCount(3);
        written[1].Should().BeEmpty();
        Run("translate", "runs/numbers", "--input", "lines", "--batch-size", "1").Output.Should().Be(File.ReadAllText(_folder.File("written")));
        Run("score", "bleu", "--hypotheses", "written", "--references", "written").Output.Should().StartWith("BLEU|");
        Run("evaluate", "runs/numbers").Output.Should().Contain("loss");
        var refused = CommandLine.Run(_folder.Path, "evaluate", "runs/numbers", "--data", "lines");
        refused.ExitCode.Should().Be(2);
        refused.Error.Should().Contain("trained on pairs");
        CommandLine.Run(_folder.Path, "translate", "runs/numbers", "--batch-size", "0").Error.Should().Contain("--batch-size is 0");
    }

    public void Dispose() => _folder.Dispose();

    private Outcome Run(params string[] arguments)
    {
        var outcome = CommandLine.Run(_folder.Path, arguments);
        outcome.ExitCode.Should().Be(0, outcome.All);
        return outcome;
    }
}
