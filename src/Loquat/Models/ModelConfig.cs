using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;

namespace Loquat.Models;

/// <summary>The hyperparameters of an architecture: what `config.json` of a checkpoint holds, under its names.</summary>
public abstract record ModelConfig
{
    /// <summary>Hugging Face `model_type`.</summary>
    public abstract string ModelType { get; }

    /// <summary>Tokens that the model knows: rows of its embedding.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The longest sequence, in tokens.</summary>
    public abstract int ContextLength { get; }

    public abstract int Layers { get; }

    public abstract int Width { get; }

    /// <summary>Every parameter's name, shape, start and role, in the order of the forward pass.</summary>
    public abstract IReadOnlyList<ParameterSpec> Parameters();

    /// <summary>Number of parameters; a tied head counts once.</summary>
    public long ParameterCount() => Parameters().Sum(p => p.Count);

    /// <summary>Multiplications in matrix products for one token forward: parameters used as matrices, the head included, plus attention at the given context.</summary>
    public long ProductsPerToken(int context)
    {
        var matrices = Parameters().Where(p => p.Role is ParameterRole.Matrix or ParameterRole.Head).Sum(p => p.Count);
        if (TiesHead) matrices += (long)VocabSize * Width;
        return matrices + 2L * Layers * AttentionWidth * context;
    }

    public abstract bool TiesHead { get; }

    /// <summary>Query heads times head size.</summary>
    public abstract int AttentionWidth { get; }

    public abstract JsonObject ToJson();

    /// <summary>The model with its starting weights.</summary>
    /// <exception cref="OptionsException">A value of this configuration is impossible; the message names all of them.</exception>
    public abstract CausalModel Build(Placement placement, ulong seed);

    /// <summary>What is impossible in this configuration, a sentence each; none for one that can be built.</summary>
    private protected abstract IEnumerable<string> Faults();

    /// <summary>The same configuration.</summary>
    /// <exception cref="OptionsException">Values out of their range; the message names all of them.</exception>
    public ModelConfig Validated()
    {
        List<string> faults = [.. Faults()];
        return faults.Count == 0 ? this : throw new OptionsException($"a {ModelType} cannot be built: {string.Join(' ', faults)}");
    }

    private protected static IEnumerable<string> NotPositive(params IEnumerable<(string Name, int Value)> values) =>
        values.Where(v => v.Value < 1).Select(v => $"{v.Name} is {v.Value}; allowed: 1 or more.");

    /// <param name="allowed">Must be false for NaN.</param>
    private protected static IEnumerable<string> OutOfRange(string name, double value, Func<double, bool> allowed, string range) =>
        double.IsFinite(value) && allowed(value) ? [] : [$"{name} is {value}; allowed: {range}."];

    /// <summary>Whether the `config.json` names an architecture that Loquat builds.</summary>
    public static bool Knows(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        return json.RootElement.TryGetProperty("model_type", out var type) && type.GetString() is "gpt2" or "llama" or "qwen3";
    }

    /// <summary>Reads a `config.json`.</summary>
    /// <exception cref="CheckpointException">Not JSON, an unknown `model_type`, or a missing or impossible value.</exception>
    public static ModelConfig Read(string path)
    {
        JsonObject json;
        try
        {
            json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("not an object");
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read as a model configuration: {error.Message}", error);
        }
        var fields = new ConfigReader(path, json);
        return fields.Text("model_type") switch
        {
            "gpt2" => Gpt2Config.FromJson(fields),
            "llama" or "qwen3" => LlamaConfig.FromJson(fields),
            var other => throw new CheckpointException($"{path}: model_type is '{other}'; Loquat builds gpt2, llama and qwen3."),
        };
    }
}
