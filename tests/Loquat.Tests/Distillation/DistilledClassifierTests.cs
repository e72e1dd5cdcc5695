using Loquat.Distillation;
using Loquat.FineTuning;
using Loquat.FineTuning.Examples;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Reporting;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Distillation;

/// <summary>A classifier that learns from another: its loss, a run that goes on exactly, and what does not fit.</summary>
public sealed class DistilledClassifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DistilledClassifierTests()
    {
        File.WriteAllText(_folder.File("examples.csv"), "text,label\n" + string.Concat(Enumerable.Range(0, 80).Select(i => $"film {i} is {(i % 2 == 0 ? "fine" : "dull")},{(i % 2 == 0 ? "good" : "bad")}\n")));
        new FineTuningRun(Recipe("tokenizer: {vocab_size: 300}"), Folder("teacher")).Train(TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_was_stopped_goes_on_exactly_and_the_teacher_stays_as_it_is()
    {
        var weights = File.ReadAllBytes(Path.Combine(Folder("teacher").Best, "model.safetensors"));
        var recipe = Recipe(Taught("temperature: 2"));
        new FineTuningRun(recipe, Folder("whole")).Train(TestContext.Current.CancellationToken);
        new FineTuningRun(recipe with { Training = recipe.Training with { MaxSteps = 3 } }, Folder("parts")).Train(TestContext.Current.CancellationToken);
        new FineTuningRun(recipe, Folder("parts")).Train(TestContext.Current.CancellationToken);
        var losses = RunMetrics.Read(Folder("whole").Metrics).Steps.Select(step => step.Loss).ToList();
        RunMetrics.Read(Folder("parts").Metrics).Steps.Select(step => step.Loss).Should().Equal(losses);
        File.ReadAllBytes(Path.Combine(Folder("teacher").Best, "model.safetensors")).Should().Equal(weights);
        new FineTuningRun(Recipe(Taught("alpha: 1")), Folder("alone")).Train(TestContext.Current.CancellationToken);
        RunMetrics.Read(Folder("alone").Metrics).Steps.Select(step => step.Loss).Should().NotEqual(losses);
    }

    [Theory]
    [InlineData("forward_kl")]
    [InlineData("reverse_kl")]
    [InlineData("jsd")]
    public void The_loss_is_the_classes_and_the_divergence_and_who_is_the_teacher_learns_the_classes_alone(string type)
    {
        using var scope = NewDisposeScope();
        var data = new FineTuningRun(Recipe("tokenizer: {vocab_size: 300}"), Folder("data")).Prepare(cancellation: TestContext.Current.CancellationToken);
        var options = KnownDistillations.Find(type)! with { Teacher = "t", Alpha = 0.25, Temperature = 1.5 };
        using var student = data.Config.Build<EncoderModel>(Placement.Cpu, 3);
        using var same = new RowTeacher(data.Config.Build<EncoderModel>(Placement.Cpu, 3), data.Config, options);
        using var other = new RowTeacher(data.Config.Build<EncoderModel>(Placement.Cpu, 4), data.Config, options);
        var batch = TaskRows.Batch([.. data.Train.Take(5)], 0, perToken: false).ToTensors(torch.CPU);
        var plain = student.LossAndGradients(batch, 1);
        student.ZeroGradients();
        same.LossAndGradients(student, batch, 1).Should().BeApproximately(0.25 * plain, 1e-4);
        student.ZeroGradients();
        var loss = other.LossAndGradients(student, batch, 1);
        loss.Should().BeGreaterThan(0.25 * plain);
        using var model = data.Config.Build<EncoderModel>(Placement.Cpu, 4);
        using var guard = no_grad();
        var context = new ForwardContext { AttentionMask = batch.AttentionMask, TokenTypeIds = batch.TokenTypeIds };
        var expected = 0.75 * options.Divergence(student.Logits(batch.InputIds, context).Rows!, model.Logits(batch.InputIds, context).Rows!, batch.Labels).sum().item<float>() + 0.25 * plain;
        loss.Should().BeApproximately(expected, 1e-4);
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        var refused = 0;
        var other = Recipe("tokenizer: {vocab_size: 270}\n" + Taught("alpha: 0.5"));
        Refused(() => other, "*the tokenizer of *teacher is not the student's*");
        Refused(() => Recipe(Taught("hidden_loss: mse")), "*hidden_loss compares the states of causal models*");
        Refused(() => Recipe(Taught("alpha: 0.5"), "classification, class_weight: balanced"), "*class_weight weighs*");
        Refused(() => Recipe(Taught("alpha: 0.5"), "regression"), "*regression is not learned from a teacher*");
        File.WriteAllText(_folder.File("examples.csv"), File.ReadAllText(_folder.File("examples.csv")).Replace(",good", ",fair", StringComparison.Ordinal));
        Refused(() => Recipe(Taught("alpha: 0.5")), "*tells 2 classes (bad, good), the student is to tell 2 classes (bad, fair)*");

        void Refused(Func<Recipe> recipe, string message) =>
            FluentActions.Invoking(() => new FineTuningRun(recipe(), Folder($"refused-{refused++}")).Train(TestContext.Current.CancellationToken)).Should().Throw<OptionsException>().WithMessage(message);
    }

    private RunFolder Folder(string name) => new(_folder.File(name));

    private string Taught(string keys) => $"distillation: {{teacher: '{Folder("teacher").Root}', {keys}}}";

    private Recipe Recipe(string more, string objective = "classification") => RecipeFile.Parse($$"""
        data: {path: '{{_folder.File("examples.csv")}}'}
        model: {model_type: bert, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 32, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0}
        objective: {type: {{objective}} }
        training: {max_steps: 6, per_device_train_batch_size: 8, eval_steps: 6, save_steps: 3, logging_steps: 1, optimizer: {learning_rate: 0.005}, lr_scheduler: {type: constant} }
        {{more}}
        """, "student.yaml");
}
