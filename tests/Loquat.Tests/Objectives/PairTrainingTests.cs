using CsCheck;
using Loquat.Checkpoints;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.Objectives;

/// <summary>Pairs of texts: their batches, and every family that writes one text from another trained on them from a recipe.</summary>
public sealed class PairTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models =>
    [
        "{model_type: t5, d_model: 16, d_kv: 8, d_ff: 32, num_layers: 1, num_heads: 2}",
        "{model_type: bart, d_model: 16, encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 2, decoder_attention_heads: 2, max_position_embeddings: 32}",
        "{model_type: marian, d_model: 16, encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 2, decoder_attention_heads: 2, max_position_embeddings: 32}",
        "{model_type: attention_rnn, hidden_size: 16, embedding_size: 12}",
    ];

    [Fact]
    public void Every_epoch_visits_every_pair_once_and_any_place_can_be_gone_on_from() => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 9], Gen.Int[0, 100]).Sample((count, rows, skipped) =>
    {
        using var shard = Shard(count);
        var pairs = new PairShard(shard, 0);
        LengthBatches Batches() => new(pairs.Lengths, rows, 5, chosen => new(chosen.Count, 1) { InputIds = [.. chosen.Select(pair => pairs[pair].Source[0])], Labels = [.. chosen.Select(pair => (long)pairs[pair].Target.Length)] });
        var batches = Batches();
        var seen = new List<(long Cursor, long[] Ids)>();
        while (batches.Cursor.Sequence < 3 * count) seen.Add((batches.Cursor.Sequence, batches.Next(rows).InputIds));
        for (var epoch = 0; epoch < 3; epoch++)
            seen.Where(batch => batch.Cursor / count == epoch).SelectMany(batch => batch.Ids).Order().Should().Equal(Enumerable.Range(0, count).Select(i => i + 1L));
        var later = Batches();
        var from = seen[skipped % seen.Count];
        later.Cursor = new(from.Cursor);
        later.Next(rows).InputIds.Should().Equal(from.Ids);
    }, iter: 40);

    [Theory, MemberData(nameof(Models))]
    public void A_family_learns_from_pairs_goes_on_as_if_it_never_stopped_and_writes(string model)
    {
        var recipe = RecipeFile.Parse(Recipe(model), "pairs.yaml");
        var whole = new RunFolder(_folder.File("whole"));
        new TrainingRun(recipe, whole).Train().State.Step.Should().Be(8);
        var losses = RunMetrics.Read(whole.Metrics).Steps.Select(step => step.Loss).ToList();
        losses.TakeLast(2).Average().Should().BeLessThan(losses.Take(2).Average());

        var parts = new RunFolder(_folder.File("parts"));
        new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 5 } }, parts).Train();
        new TrainingRun(recipe, parts).Train();
        RunMetrics.Read(parts.Metrics).Steps.Select(step => step.Loss).Should().Equal(losses);

        using var trained = ModelFolder.Load<EncoderDecoderModel>(whole.Best, Placement.Cpu);
        var tokenizer = Tokenizer.Load(whole.Best);
        // What is read ends as in training, and begins with nothing.
        PromptIds.Of("ab", tokenizer, trained.Config)[^1].Should().Be(tokenizer.TokenToId("</s>"));
        var writer = new TextGenerator(trained, tokenizer);
        var options = new SamplingOptions { Temperature = 0, NumBeams = 3, MaxNewTokens = 6 };
        string[] texts = ["ab", "the longest of these texts", "c d", "x"];
        writer.GenerateEach(texts, options, batchSize: 3).Should().Equal(texts.Select(text => writer.Generate(text, options)));
    }

    [Fact]
    public void Two_files_with_their_own_validation_are_previewed_and_slips_are_told()
    {
        var lines = Enumerable.Range(0, 30).Select(i => $"{(char)('a' + i % 5)} and {i}").ToArray();
        foreach (var name in (string[])["en", "de", "v.en", "v.de"]) File.WriteAllLines(_folder.File(name), lines.Take(name.StartsWith('v') ? 4 : 30));
        string[] files = [$"data.path={_folder.File("en")}", $"data.target_path={_folder.File("de")}", $"data.validation_path={_folder.File("v.en")}", $"data.validation_target_path={_folder.File("v.de")}"];
        var recipe = RecipeFile.Parse("model: {model_type: t5}\nobjective: {type: sequence_to_sequence}\ntokenizer: {type: byte}", "r.yaml", files);
        var run = new TrainingRun(recipe, new RunFolder(_folder.File("look")));
        using var data = run.PrepareData(cancellation: TestContext.Current.CancellationToken);
        data.Validation.DocumentEnds.Length.Should().Be(8);
        var batch = run.FirstBatch(data, 2);
        batch.DecoderInputIds![0].Should().Be(data.Tokenizer.TokenToId("<pad>"));
        BatchPreview.Lines(batch, data.Tokenizer).Should().Contain(line => line.Contains("</s>", StringComparison.Ordinal));

        Refused("objective: {type: sequence_to_sequence}\nmodel: {model_type: t5}", [], "*data.path with data.target_path*");
        Refused("objective: {type: sequence_to_sequence}\nmodel: {model_type: t5}", files[..3], "*go together*");
        Refused("objective: {type: sequence_to_sequence}\nmodel: {model_type: t5}", [.. files, "data.sampling=windows"], "*data.sampling is 'windows'*drawn whole*");
        Refused("objective: {type: span_corruption}\nmodel: {model_type: t5}", files[..2], "*data.target_path is*not pairs*");
        Refused("objective: {type: sequence_to_sequence}\nmodel: {model_type: gpt2}", files[..2], "*trains*encoder-decoder*");
    }

    public void Dispose() => _folder.Dispose();

    private static void Refused(string yaml, string[] overrides, string message)
    {
        var act = () => RecipeFile.Parse(yaml, "r.yaml", overrides);
        act.Should().Throw<OptionsException>().WithMessage(message);
    }

    private string Recipe(string model)
    {
        File.WriteAllLines(_folder.File("pairs.tsv"), Enumerable.Range(0, 60).Select(i => $"{new string((char)('a' + i % 4), 1 + i % 7)}\t{new string((char)('e' + i % 4), 1 + i % 5)}"));
        return $$"""
            data: {path: {{_folder.File("pairs.tsv")}}, validation_fraction: 0.2}
            tokenizer: {type: byte}
            model: {{model}}
            objective: {type: sequence_to_sequence, label_smoothing: 0.1}
            training: {max_steps: 8, per_device_train_batch_size: 7, context_length: 30, eval_steps: 4, save_steps: 3, logging_steps: 1, optimizer: {learning_rate: 0.01}, lr_scheduler: {type: constant} }
            """;
    }

    /// <summary>Pair i reads token i + 1, once and more, and writes as many as it may.</summary>
    private TokenShard Shard(int count)
    {
        var path = _folder.File($"{Guid.NewGuid():n}");
        using var writer = new TokenShardWriter(path, 256, 0);
        for (var i = 0; i < count; i++)
        {
            writer.Write([.. Enumerable.Repeat(i + 1, 1 + i * 7 % 5), 0], 1);
            writer.Write([.. Enumerable.Repeat(i + 1, 1 + i * 11 % 6), 0], 1);
        }
        writer.Complete();
        return TokenShard.Open(path);
    }
}
