using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Bert;
using Loquat.Models.Heads;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using static TorchSharp.torch;

namespace Loquat.Tests.Objectives;

/// <summary>Next sentences, their order, and contrast: what their rows are made of, and runs of them that stop and go on.</summary>
public sealed class EncoderObjectiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("next_sentence", "architectures: [BertForPreTraining]")]
    [InlineData("sentence_order", "architectures: [BertForPreTraining]")]
    [InlineData("contrastive", "architectures: [BertModel], hidden_dropout_prob: 0.1")]
    public void A_run_learns_goes_on_as_if_it_never_stopped_and_its_folder_loads(string objective, string model)
    {
        var recipe = RecipeFile.Parse(
            $$"""
            data: {story_megabytes: 0.1}
            tokenizer: {type: wordpiece, vocab_size: 300}
            model: {model_type: bert, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 32, {{model}} }
            objective: {type: {{objective}} }
            training: {max_steps: 8, per_device_train_batch_size: 6, eval_steps: 4, eval_rows: 12, save_steps: 3, logging_steps: 1, optimizer: {learning_rate: 0.01}, lr_scheduler: {type: constant} }
            """, "encoder.yaml");
        var whole = new RunFolder(_folder.File("whole"));
        var outcome = new TrainingRun(recipe, whole).Train();
        var losses = RunMetrics.Read(whole.Metrics).Steps.Select(step => step.Loss).ToList();
        losses.Skip(2).Min().Should().BeLessThan(losses.Take(2).Average());
        double.IsFinite(outcome.Evaluation.Loss).Should().BeTrue();

        var parts = new RunFolder(_folder.File("parts"));
        new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 5 } }, parts).Train();
        new TrainingRun(recipe, parts).Train();
        RunMetrics.Read(parts.Metrics).Steps.Select(step => step.Loss).Should().Equal(losses);

        using var trained = ModelFolder.Load<EncoderModel>(whole.Best, Placement.Cpu);
        trained.Head.Kind.Should().Be(((EncoderConfig)recipe.Model.Config).Head);
    }

    [Theory]
    [InlineData("next_sentence")]
    [InlineData("sentence_order")]
    public void Segments_are_what_their_row_says(string type)
    {
        var setting = Tokens.Setting(35);
        var objective = (SentencePairOptions)KnownObjectives.Find(type)! with { MlmProbability = 0.001 };
        var made = objective.Create(setting);
        var text = Enumerable.Range(0, 400 * made.TextTokens).Select(i => (long)(i % made.TextTokens % Tokens.Ordinary)).ToArray();
        var batch = made.Make(text, text, 0);
        var separator = (long)setting.Roles.Separator!.Value;
        batch.RowLabels!.Average().Should().BeInRange(0.4, 0.6);
        for (var row = 0; row < batch.Rows; row++)
        {
            var labels = batch.Labels.AsSpan(row * 35, 35).ToArray();
            var ids = batch.InputIds.AsSpan(row * 35, 35).ToArray().Select((id, i) => labels[i] >= 0 ? labels[i] : id).ToArray();
            ids[0].Should().Be(setting.Roles.Class!.Value);
            var cut = Array.IndexOf(ids, (long)separator);
            ids[^1].Should().Be(separator);
            batch.TokenTypeIds.AsSpan(row * 35, 35).ToArray().Should().Equal(Enumerable.Range(0, 35).Select(i => i > cut ? 1L : 0L));
            var (first, second) = (ids.Skip(1).Take(cut - 1).ToArray(), ids.Skip(cut + 1).SkipLast(1).ToArray());
            var (whole, follows) = (text.AsSpan(0, 32).ToArray(), batch.RowLabels![row] == 0);
            if (follows) first.Concat(second).Should().Equal(whole);
            else if (type == "sentence_order") second.Concat(first).Should().Equal(whole);
            else (first.SequenceEqual(whole.Take(first.Length)), second.SequenceEqual(text.AsSpan(64 - second.Length, second.Length).ToArray())).Should().Be((true, true));
        }
    }

    [Fact]
    public void The_loss_of_pairs_is_the_sum_of_both_means()
    {
        var setting = Tokens.Setting(20);
        var objective = new NextSentenceOptions().Create(setting);
        using var model = new BertConfig
        {
            VocabSize = setting.Tokenizer.VocabSize,
            HiddenSize = 16,
            NumHiddenLayers = 1,
            NumAttentionHeads = 2,
            IntermediateSize = 24,
            MaxPositionEmbeddings = 20,
            TypeVocabSize = 2,
            Head = HeadKind.Pretraining,
        }.Build(Placement.Cpu, 3);
        var text = Enumerable.Range(0, 6 * objective.TextTokens).Select(i => (long)(i * 7 % Tokens.Ordinary)).ToArray();
        var batch = objective.Make(text, text, 0);
        var mean = objective.LossAndGradients(model, batch, 1.0 / batch.Counted) / batch.Counted;
        using var scope = NewDisposeScope();
        var logits = ((EncoderModel)model).Logits(tensor(batch.InputIds, [6, 20]), new ForwardContext { TokenTypeIds = tensor(batch.TokenTypeIds!, [6, 20]) });
        var words = nn.functional.cross_entropy(logits.Tokens!.view(120, -1), tensor(batch.Labels)).item<float>();
        var pairs = nn.functional.cross_entropy(logits.Rows!, tensor(batch.RowLabels!)).item<float>();
        mean.Should().BeApproximately(words + pairs, 1e-4);
        var each = new double[batch.Labels.Length];
        objective.Loss(model, batch, each);
        (each.Sum() / batch.Counted).Should().BeApproximately(mean, 1e-4);
    }

    [Fact]
    public void A_model_that_cannot_learn_it_is_refused_with_what_to_set()
    {
        foreach (var (yaml, message) in ((string, string)[])[
            ("objective: {type: next_sentence}\nmodel: {model_type: bert}", "*BertForPreTraining*"),
            ("objective: {type: sentence_order}\nmodel: {model_type: roberta}", "*head*"),
            ("objective: {type: contrastive}\nmodel: {model_type: bert}", "*ends with Model*"),
            ("objective: {type: contrastive}\nmodel: {model_type: bert, architectures: [BertModel]}", "*dropout*hidden_dropout_prob*")])
        {
            var act = () => RecipeFile.Parse(yaml, "r.yaml");
            act.Should().Throw<OptionsException>().WithMessage(message);
        }
    }

    public void Dispose() => _folder.Dispose();
}
