using System.Globalization;
using System.Text;
using Loquat.Checkpoints;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Reporting;

namespace Loquat.FineTuning;

/// <summary>
/// A recipe for examples that come without one. Every value that is chosen is chosen by a rule, and told with its reason: what a person would begin with who knows how such models are tuned
/// (Devlin et al. 2019, appendix A.3; Mosbach et al. 2021: small data need more epochs, a low rate and a warm-up).
/// </summary>
/// <param name="Yaml">The recipe.</param>
/// <param name="Choices">What was chosen and why, a name and a sentence each.</param>
public sealed record FineTuningPlan(string Yaml, IReadOnlyList<(string Name, string Text)> Choices)
{
    private const int UsualBatch = 32, SmallBatch = 16, FewExamples = 1000;
    private const double UsualEpochs = 3, MostEpochs = 20;
    private const long FewestSteps = 200, EvaluationsInAll = 8;

    /// <param name="task">With the columns that were asked for.</param>
    /// <param name="model">A run, or a Hugging Face model folder, of an encoder.</param>
    /// <param name="name">Of the run.</param>
    /// <exception cref="OptionsException">The model is no encoder.</exception>
    /// <exception cref="DataException">The examples cannot be read.</exception>
    public static FineTuningPlan Make(TaskOptions task, DataRecipe data, string model, string name, ulong seed, CancellationToken cancellation = default)
    {
        var config = ModelFolder.ReadConfig(RunFolder.ModelOf(model)) as EncoderConfig
            ?? throw new OptionsException($"--model {model}: {task.Type} needs an encoder, such as a BERT; this is another kind of model.");
        var sets = task.Read(data, seed, cancellation);
        var count = sets.Train.Count;
        var batch = count < FewExamples ? SmallBatch : UsualBatch;
        var perEpoch = (count + batch - 1) / batch;
        var epochs = Math.Min(MostEpochs, Math.Max(UsualEpochs, Math.Ceiling((double)FewestSteps / perEpoch)));
        var rate = config.Width switch { <= 512 => 5e-5, <= 768 => 3e-5, _ => 1e-5 };
        var steps = (long)(epochs * perEpoch);
        var every = Math.Max(1, steps / EvaluationsInAll);
        var yaml = new StringBuilder();
        void Line(FormattableString text) => yaml.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"name: {name}");
        Line($"seed: {seed}");
        Line($"data:");
        Line($"  path: {Quoted(data.Path!)}");
        if (data.ValidationPath is { } validation) Line($"  validation_path: {Quoted(validation)}");
        if (data.TestPath is { } test) Line($"  test_path: {Quoted(test)}");
        Line($"model:");
        Line($"  from: {Quoted(model)}");
        Line($"objective:");
        Line($"  type: {task.Type}");
        foreach (var (key, value) in TaskKeys.Of(task)) Line($"  {key}: {value}");
        Line($"training:");
        Line($"  num_train_epochs: {epochs}");
        Line($"  per_device_train_batch_size: {batch}");
        Line($"  optimizer:");
        Line($"    learning_rate: {rate:0.######}");
        Line($"    adam_beta2: 0.999");
        Line($"    weight_decay: 0.01");
        Line($"  lr_scheduler:");
        Line($"    type: linear");
        Line($"    warmup_ratio: 0.1");
        Line($"  eval_steps: {every}");
        Line($"  save_steps: {every}");
        return new(yaml.ToString(),
        [
            ("epochs", $"{epochs:0} of {count:N0} examples, {steps:N0} steps of {batch}{(epochs > UsualEpochs ? $" ({UsualEpochs:0} are usual; so few examples need {FewestSteps:N0} steps to be learned)" : "")}"),
            ("rate", string.Create(CultureInfo.InvariantCulture, $"{rate:0.######} for a model {config.Width} wide; a tenth of the steps warm up, then it falls to 0; AdamW, weight decay 0.01")),
            ("best", $"validated every {every:N0} steps; the checkpoint with the best validation is kept"),
        ]);
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
