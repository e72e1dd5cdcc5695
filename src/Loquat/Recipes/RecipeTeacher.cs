using System.Globalization;
using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Distillation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Text.Files;
using Loquat.Text.Tokenization;

namespace Loquat.Recipes;

/// <summary>The teacher that a recipe names.</summary>
public static class RecipeTeacher
{
    private const string FileName = "teacher.json";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="Weights">What its files hold.</param>
    private sealed record Known(string Teacher, string Weights);

    /// <summary>How a run learns from its teacher: "forward_kl from runs/large, a gpt2 of 10,000,000 parameters"; null: it has none.</summary>
    public static string? DescribeTeacher(this Recipe recipe) => recipe.Distillation is { } options && ConfigOf(options) is var config
        ? string.Create(CultureInfo.InvariantCulture, $"{options.Type} from {options.Teacher}, a {config.ModelType} of {config.ParameterCount():N0} parameters; temperature {options.Temperature}, alpha {options.Alpha}{(options.HiddenLoss == HiddenLoss.None ? "" : $", states by {RecipeBinder.Key(options.HiddenLoss.ToString())}")}")
        : null;

    /// <summary>Finds what can be told before anything is trained.</summary>
    /// <param name="tokenizer">Of the student; null: it is not known yet.</param>
    /// <exception cref="CheckpointException">There is no such teacher.</exception>
    /// <exception cref="OptionsException">It cannot teach this student, or has other tokens.</exception>
    internal static void CheckTeacher(this Recipe recipe, Tokenizer? tokenizer = null)
    {
        if (recipe.Distillation is not { } options) return;
        var config = ConfigOf(options);
        if (options.Fault(recipe.Model.Config, config) is { } fault) throw new OptionsException(fault);
        if (recipe.ContextLength > config.ContextLength) throw new OptionsException(string.Create(CultureInfo.InvariantCulture, $"distillation.teacher: {options.Teacher} reads {config.ContextLength} tokens at most, but training.context_length is {recipe.ContextLength}. Lower it to {config.ContextLength}."));
        if (tokenizer is not null) Teacher.CheckTokenizer(tokenizer, Tokenizer.Load(RunFolder.ModelOf(options.Teacher)), options.Teacher);
    }

    /// <summary>Bytes of the teacher's weights; 0: there is none.</summary>
    internal static double TeacherBytes(this Recipe recipe, bool bfloat16) => recipe.Distillation is { } options && Directory.Exists(options.Teacher) ? ConfigOf(options).ParameterCount() * (bfloat16 ? 2.0 : 4.0) : 0;

    /// <summary>Loads the teacher of a run, the same that it began with.</summary>
    /// <param name="folder">Of the run, which remembers what its teacher was.</param>
    /// <param name="begins">Whether no step was made yet; else another teacher is refused.</param>
    /// <returns>Null: the recipe names none.</returns>
    /// <exception cref="OptionsException">It has another tokenizer, cannot be compared with the student, or is not the one that the run began with.</exception>
    internal static Teacher? LoadTeacher(this Recipe recipe, Model student, Tokenizer tokenizer, Placement placement, string? folder, bool begins) =>
        recipe.Loaded<CausalModel, Teacher>(tokenizer, placement, folder, begins, (model, options) => new(model, (CausalModel)student, options));

    /// <summary>The same of a run that learns classes.</summary>
    /// <inheritdoc cref="LoadTeacher"/>
    internal static RowTeacher? LoadRowTeacher(this Recipe recipe, EncoderConfig student, Tokenizer tokenizer, Placement placement, string folder, bool begins) =>
        recipe.Loaded<EncoderModel, RowTeacher>(tokenizer, placement, folder, begins, (model, options) => new(model, student, options));

    /// <summary>Finds what can be told of the teacher of classes before anything is trained.</summary>
    /// <inheritdoc cref="CheckTeacher"/>
    internal static void CheckRowTeacher(this Recipe recipe, EncoderConfig student, Tokenizer tokenizer)
    {
        recipe.CheckTeacher(tokenizer);
        if (recipe.Distillation is { } options) RowTeacher.Check(ConfigOf(options), student, options);
    }

    private static TTeacher? Loaded<TModel, TTeacher>(this Recipe recipe, Tokenizer tokenizer, Placement placement, string? folder, bool begins, Func<TModel, DistillationOptions, TTeacher> make) where TModel : Model where TTeacher : class
    {
        if (recipe.Distillation is not { } options) return null;
        recipe.CheckTeacher(tokenizer);
        var place = RunFolder.ModelOf(options.Teacher);
        if (folder is not null) Remember(Path.Combine(folder, FileName), options.Teacher, place, begins);
        var model = ModelFolder.Load<TModel>(place, placement);
        try
        {
            return make(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static ModelConfig ConfigOf(DistillationOptions options)
    {
        try
        {
            return ModelFolder.ReadConfig(RunFolder.ModelOf(options.Teacher));
        }
        catch (CheckpointException error)
        {
            throw new CheckpointException($"distillation.teacher: {error.Message}", error);
        }
    }

    private static void Remember(string path, string teacher, string place, bool begins)
    {
        var weights = string.Join(' ', Directory.EnumerateFiles(place, "*.safetensors").Order(StringComparer.Ordinal).Select(file => FileHash.Of(file).ToString("x16", CultureInfo.InvariantCulture)));
        if (!begins && File.Exists(path) && JsonSerializer.Deserialize<Known>(File.ReadAllText(path), _json) is { } known && known.Weights != weights)
            throw new OptionsException($"distillation.teacher: {teacher} is not the model any more that the steps made learned from; its weights have changed. Give back the old ones, or start another run with --out.");
        AtomicFolder.WriteFile(path, file => JsonSerializer.Serialize(file, new Known(teacher, weights), _json));
    }
}
