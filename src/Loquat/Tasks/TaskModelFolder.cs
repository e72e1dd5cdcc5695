using System.IO.Hashing;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Tasks;

/// <summary>A model folder opened for tasks.</summary>
public sealed class TaskModelFolder : IDisposable
{
    private readonly Model _model;

    private TaskModelFolder(Model model, ITaskModel tasks) => (_model, Model) = (model, tasks);

    public ITaskModel Model { get; }

    /// <param name="name">What reports call it; null: the folder.</param>
    /// <exception cref="CheckpointException">The folder holds no whole model with its tokenizer.</exception>
    /// <exception cref="OptionsException">The model is of a kind that tasks cannot ask.</exception>
    public static TaskModelFolder Load(string folder, Placement placement, string? name = null, CancellationToken cancellation = default)
    {
        var model = ModelFolder.Load(folder, placement, cancellation);
        try
        {
            var tokenizer = Tokenizer.Load(folder);
            if (tokenizer.VocabSize > model.Config.VocabSize) throw new CheckpointException($"{folder}: the tokenizer has {tokenizer.VocabSize} tokens, the model {model.Config.VocabSize}: they do not belong together.");
            return new(model, Of(model, tokenizer, name ?? folder, Fingerprint(folder)));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public void Dispose() => _model.Dispose();

    private static ITaskModel Of(Model model, Tokenizer tokenizer, string name, string fingerprint) => model switch
    {
        CausalModel causal => new CausalTaskModel(causal, tokenizer, name, fingerprint),
        EncoderDecoderModel two => new EncoderDecoderTaskModel(two, tokenizer, name, fingerprint),
        EncoderModel encoder => new MaskedTaskModel(encoder, tokenizer, name, fingerprint),
        _ => throw new OptionsException($"{name}: a {model.Config.ModelType} model cannot be asked tasks."),
    };

    // Of what the answers depend on: weights, configuration, tokenizer.
    private static string Fingerprint(string folder)
    {
        var hash = new XxHash3();
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".safetensors" or ".bin" or ".json" or ".model" or ".txt").Order(StringComparer.Ordinal))
        {
            using var stream = File.OpenRead(file);
            hash.Append(stream);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
