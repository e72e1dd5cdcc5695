using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization.ChatTemplates;
using Microsoft.Extensions.AI;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Objectives;

/// <summary>Conversations in batches, packed and not; and a model that learns to answer, goes on as if it never stopped, and answers.</summary>
public sealed class ChatTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ChatTrainingTests() => File.WriteAllLines(_folder.File("chat.jsonl"), Enumerable.Range(0, 40).Select(i =>
        $$"""{"messages": [{"role": "user", "content": "{{i}} or {{i * 7 % 11}}?"}, {"role": "assistant", "content": "{{new string('a', 1 + i % 9)}}."}{{(i % 3 == 0 ? """, {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}""" : "")}}]}"""));

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Models =>
    [
        "{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 128}",
        "{model_type: qwen3, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 128}",
        "{model_type: mamba, hidden_size: 16, num_hidden_layers: 2}",
        "{model_type: lstm, hidden_size: 16, num_layers: 1}",
    ];

    [Theory, MemberData(nameof(Models))]
    public void Packed_rows_give_the_loss_and_gradients_of_single_ones(string model)
    {
        var (alone, singles) = Epoch(model, packing: false);
        var (together, packed) = Epoch(model, packing: true);
        packed.Rows.Should().BeLessThan(singles.Rows / 2, "several conversations share a row");
        packed.Labels.Should().Be(singles.Labels);
        packed.Loss.Should().BeApproximately(singles.Loss, 1e-4 * singles.Loss);
        packed.Plain.Should().BeApproximately(singles.Plain, 1e-4 * singles.Plain);
        using var scope = NewDisposeScope();
        foreach (var (name, gradient) in alone) ((together[name] - gradient).abs().max() / gradient.abs().max().clamp(min: 1e-3)).item<float>().Should().BeLessThan(2e-3f, name);
    }

    [Fact]
    public async Task A_model_learns_to_answer_goes_on_as_if_it_never_stopped_and_answers()
    {
        var recipe = RecipeFile.Parse(Recipe(Models.First().Data, "packing: true"), "chat.yaml");
        var told = new List<string>();
        var whole = new RunFolder(_folder.File("whole"));
        new TrainingRun(recipe, whole) { Note = told.Add }.Train().State.Step.Should().Be(12);
        told.Should().Contain(line => line.Contains("36 conversations to learn from, 4 to validate with", StringComparison.Ordinal))
            .And.Contain(line => line.StartsWith("chat template chatml: what is learned of 40 conversations (54 answers) was checked token by token", StringComparison.Ordinal));
        var losses = RunMetrics.Read(whole.Metrics).Steps.Select(step => step.Loss).ToList();
        losses.TakeLast(3).Average().Should().BeLessThan(losses.Take(3).Average());

        var parts = new RunFolder(_folder.File("parts"));
        new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 7 } }, parts).Train();
        new TrainingRun(recipe, parts).Train();
        RunMetrics.Read(parts.Metrics).Steps.Select(step => step.Loss).Should().Equal(losses);

        var config = TokenizerConfig.Load(whole.Best);
        config.EosToken.Should().Be("<|im_end|>");
        using var trained = TrainedModel.Load(whole.Root);
        trained.Model.Config.EosTokenIds.Should().Contain(trained.Tokenizer.TokenToId("<|im_end|>")!.Value);
        using var client = trained.AsChatClient();
        var answer = await client.GetResponseAsync([new Microsoft.Extensions.AI.ChatMessage(ChatRole.User, "3 or 4?")], new() { MaxOutputTokens = 5, Temperature = 0 });
        answer.Usage!.InputTokenCount.Should().Be(trained.Tokenizer.EncodeIds("<|im_start|>user\n3 or 4?<|im_end|>\n<|im_start|>assistant\n").Count);
    }

    [Fact]
    public void A_base_model_is_given_the_tokens_of_the_template()
    {
        var text = RecipeFile.Parse("""
            data: {story_megabytes: 0.05}
            tokenizer: {type: byte}
            model: {model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 128}
            training: {max_steps: 2, context_length: 32, per_device_train_batch_size: 2, eval_steps: 2, eval_rows: 2, lr_scheduler: {warmup_steps: 0}}
            """, "base.yaml");
        var start = new RunFolder(_folder.File("base"));
        new TrainingRun(text, start).Train();
        var recipe = RecipeFile.Parse(Recipe($"{{from: '{start.Root}'}}", "mask_history: true", tokenizer: "").Replace("max_steps: 12", "num_train_epochs: 0.1", StringComparison.Ordinal), "chat.yaml");
        var run = new RunFolder(_folder.File("chat"));
        new TrainingRun(recipe, run).Train().MaxSteps.Should().Be(1);
        using var before = ModelFolder.Load<CausalModel>(start.Best, Placement.Cpu);
        using var grown = VocabularyGrowth.Grown(ModelFolder.Load<CausalModel>(start.Best, Placement.Cpu), before.Config with { VocabSize = before.Config.VocabSize + 2 }, 3);
        using var scope = NewDisposeScope();
        foreach (var parameter in before.Parameters)
        {
            var now = grown[parameter.Name].Value;
            now.narrow(0, 0, parameter.Value.shape[0]).equal(parameter.Value).all().item<bool>().Should().BeTrue(parameter.Name);
            if (now.shape[0] > parameter.Value.shape[0]) (now[now.shape[0] - 1] - now[now.shape[0] - 2]).abs().max().item<float>().Should().BeGreaterThan(0);
        }
        using var chat = ModelFolder.Load<CausalModel>(run.Best, Placement.Cpu);
        chat.Config.VocabSize.Should().Be(before.Config.VocabSize + 2);
        // A second run of conversations finds the template with the model.
        var second = RecipeFile.Parse(Recipe($"{{from: '{run.Root}'}}", "packing: true", tokenizer: ""), "chat.yaml");
        var told = new List<string>();
        using var dataset = new TrainingRun(second, new RunFolder(_folder.File("second"))) { Note = told.Add }.PrepareData();
        told.Should().Contain(line => line.StartsWith("chat template of the tokenizer's folder", StringComparison.Ordinal));
        dataset.Tokenizer.VocabSize.Should().Be(chat.Config.VocabSize);
    }

    [Fact]
    public void What_is_cut_and_left_out_is_counted_and_impossible_recipes_are_refused()
    {
        var told = new List<string>();
        var recipe = RecipeFile.Parse(Recipe(Models.First().Data, "truncation_mode: keep_start").Replace("context_length: 128", "context_length: 52", StringComparison.Ordinal).Replace("max_steps: 12", "max_steps: 1", StringComparison.Ordinal), "chat.yaml");
        new TrainingRun(recipe, new RunFolder(_folder.File("cut"))) { Note = told.Add }.Train();
        told.Should().Contain(line => line.Contains("are longer than the 52 tokens of a row: their ends are cut off", StringComparison.Ordinal));
        var none = RecipeFile.Parse(Recipe(Models.First().Data, "truncation_mode: drop").Replace("context_length: 128", "context_length: 16", StringComparison.Ordinal), "chat.yaml");
        var act = () => new TrainingRun(none, new RunFolder(_folder.File("none"))).Train();
        act.Should().Throw<DataException>().WithMessage("*none of its 36 conversations has an answer inside the 16 tokens*");
        var both = () => RecipeFile.Parse(Recipe(Models.First().Data, "mask_history: true, assistant_only_loss: false"), "chat.yaml");
        both.Should().Throw<OptionsException>().WithMessage("*objective.mask_history*");
        var stories = () => RecipeFile.Parse("objective: {type: chat}", "chat.yaml");
        stories.Should().Throw<OptionsException>().WithMessage("*reads conversations; name their file: data.path*");
    }

    private (Dictionary<string, Tensor> Gradients, (int Rows, long Labels, double Loss, double Plain) Sums) Epoch(string model, bool packing)
    {
        var recipe = RecipeFile.Parse(Recipe(model, $"packing: {(packing ? "true" : "false")}"), "chat.yaml");
        var run = new TrainingRun(recipe, new RunFolder(_folder.File($"run-{packing}-{model.Length}")));
        using var dataset = run.PrepareData();
        var config = run.ConfigFor(dataset);
        using var trained = (CausalModel)config.Build(Placement.Cpu, seed: 4);
        var objective = recipe.Objective.For(new(dataset.Tokenizer, config, recipe.ContextLength, recipe.Seed));
        var batches = recipe.ToBatches(dataset.Training, objective);
        var (rows, labels, loss, plain) = (0, 0L, 0.0, 0.0);
        for (var all = objective.Examples(dataset.Training)!.Value; rows < all;)
        {
            var batch = batches.Next(4);
            rows += batch.Rows;
            labels += batch.Counted;
            loss += objective.LossAndGradients(trained, batch, 0.01);
            plain += objective.Loss(trained, batch, new double[batch.Labels.Length]);
        }
        return (trained.Parameters.ToDictionary(p => p.Name, p => p.Value.grad!.clone()), (rows, labels, loss, plain));
    }

    private string Recipe(string model, string objective, string tokenizer = "tokenizer: {type: byte}") => $$"""
        data: {path: '{{_folder.File("chat.jsonl")}}'}
        {{tokenizer}}
        model: {{model}}
        objective: {type: chat, {{objective}} }
        training: {max_steps: 12, context_length: 128, per_device_train_batch_size: 4, eval_steps: 6, save_steps: 7, logging_steps: 1, optimizer: {learning_rate: 0.01}, lr_scheduler: {type: constant} }
        """;
}
