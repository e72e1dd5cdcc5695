using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

namespace Loquat.Tests.Distillation;

/// <summary>Runs that learn from another run: its tokenizer comes along, they go on exactly, and what does not fit is refused by name.</summary>
public sealed class DistilledRunTests : IDisposable
{
    private const string Text = "training: {max_steps: 6, context_length: 16, per_device_train_batch_size: 4, eval_steps: 6, eval_rows: 4, save_steps: 3, logging_steps: 1, overfitting_watch: false, lr_scheduler: {type: constant} }";

    private readonly TemporaryFolder _folder = new();

    public DistilledRunTests()
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 600).Select(i => $"Line {i * 7919 % 1000} of it.\n")));
        new TrainingRun(Recipe("{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 32}", "tokenizer: {type: character}"), Folder("teacher")).Train();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_was_stopped_goes_on_exactly_with_the_same_teacher_alone()
    {
        var weights = File.ReadAllBytes(Path.Combine(Folder("teacher").Best, "model.safetensors"));
        var recipe = Student("hidden_loss: cosine, temperature: 2");
        recipe.Tokenizer.Path.Should().StartWith(Folder("teacher").Root, "the teacher's tokenizer comes along");
        new TrainingRun(recipe, Folder("whole")).Train();
        new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 3 } }, Folder("parts")).Train();
        new TrainingRun(recipe, Folder("parts")).Train();
        RunMetrics.Read(Folder("parts").Metrics).Steps.Select(step => step.Loss).Should().Equal(RunMetrics.Read(Folder("whole").Metrics).Steps.Select(step => step.Loss));
        File.ReadAllBytes(Path.Combine(Folder("teacher").Best, "model.safetensors")).Should().Equal(weights);

        // The teacher of the steps made is the teacher of those to come.
        new TrainingRun(Recipe("{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 32}", "tokenizer: {type: character}") with { Seed = 8 }, Folder("other")).Train();
        File.Copy(Path.Combine(Folder("other").Best, "model.safetensors"), Path.Combine(Folder("teacher").Best, "model.safetensors"), overwrite: true);
        FluentActions.Invoking(() => new TrainingRun(recipe with { Training = recipe.Training with { MaxSteps = 8 } }, Folder("parts")).Train()).Should().Throw<OptionsException>().WithMessage("*its weights have changed*");
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        foreach (var (student, message) in ((Func<Recipe>, string)[])
        [
            (() => Recipe("{model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32}", $"tokenizer: {{type: byte}}\ndistillation: {{teacher: '{Folder("teacher").Root}'}}"), "*the tokenizer of *teacher is not the student's*tokens differ*"),
            (() => Student("hidden_loss: mse", "n_embd: 24, n_layer: 1, n_head: 2, n_positions: 32"), "*student are 24 wide and those of the teacher 16*"),
            (() => Student("hidden_loss: mse, hidden_layers: [3:1]"), "*'3:1'*the student has layers 1 to 1*"),
            (() => Student("alpha: 0.5", "n_embd: 16, n_layer: 1, n_head: 2, n_positions: 64", "training: {context_length: 64}"), "*reads 32 tokens at most, but training.context_length is 64*"),
            (() => Recipe("{model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32}", "distillation: {teacher: nowhere}"), "*distillation.teacher: *nowhere*"),
        ])
        {
            FluentActions.Invoking(() => new TrainingRun(student(), Folder("refused")).Train()).Should().Throw<LoquatException>().WithMessage(message);
            File.Exists(Folder("refused").Recipe).Should().BeFalse();
        }
    }

    [Theory]
    [InlineData("temperature: 2", "*distillation.teacher is missing*")]
    [InlineData("teacher: t, beta: 0.5", "*the loss is forward_kl; the key belongs to jsd*")]
    [InlineData("teacher: t, hidden_layers: [1:2]", "*hidden_layers pairs layers*hidden_loss is none*")]
    [InlineData("teacher: t, hidden_weight: 2", "*hidden_weight weighs*hidden_loss is none*")]
    [InlineData("teacher: t, alpha: 2", "*distillation.alpha is '2'*")]
    [InlineData("teacher: t, type: kl", "*distillation.type is 'kl'*forward_kl, reverse_kl, jsd*")]
    [InlineData("teacher: t}\nobjective: {type: masked", "*the objective masked is not learned from a teacher*causal, chat*")]
    [InlineData("teacher: t}\nobjective: {type: causal, label_smoothing: 0.1", "*label_smoothing*Take them out*")]
    [InlineData("teacher: t}\ntraining: {optimizer: {type: sophia_g}", "*sophia_g draws labels*")]
    [InlineData("teacher: t}\nadapter: {type: prefix_tuning}\nmodel: {from: nowhere", "*prefix_tuning puts learned tokens*")]
    public void Keys_that_do_not_go_together_are_refused(string keys, string message) =>
        FluentActions.Invoking(() => RecipeFile.Parse($"distillation: {{{keys}}}", "student.yaml")).Should().Throw<LoquatException>().WithMessage(message);

    private RunFolder Folder(string name) => new(_folder.File(name));

    private Recipe Student(string keys, string model = "n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32", string? training = null) =>
        Recipe($"{{model_type: gpt2, {model}}}", $"distillation: {{teacher: '{Folder("teacher").Root}', {keys}}}", training);

    private Recipe Recipe(string model, string more, string? training = null) => RecipeFile.Parse($"data: {{path: '{_folder.File("text.txt")}'}}\nmodel: {model}\n{more}\n{training ?? Text}\n", "student.yaml");
}
