using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Embeddings;

/// <summary>`modules.json` of sentence-transformers and the files it leads to. A folder without one is a model alone: its vectors are means.</summary>
internal sealed class EmbeddingModules
{
    private const string ModulesFile = "modules.json";

    private readonly List<(string Type, string Folder)> _modules = [];

    private EmbeddingModules(string folder) => Backbone = folder;

    /// <summary>The folder of the model itself.</summary>
    public string Backbone { get; private set; }

    /// <summary>Tokens of a text, more are cut off; null: as many as the model reads.</summary>
    public int? MaxSequenceLength { get; private set; }

    public bool LowerCase { get; private set; }

    /// <summary>What is put before texts, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; private set; } = new Dictionary<string, string>();

    public string? DefaultPrompt { get; private set; }

    /// <exception cref="CheckpointException">A file is missing or damaged, or asks for a module that is not built.</exception>
    public static EmbeddingModules Open(string folder)
    {
        var read = new EmbeddingModules(folder);
        var path = Path.Combine(folder, ModulesFile);
        if (File.Exists(path)) read.ReadModules(path, folder);
        read.ReadLimits(Path.Combine(read.Backbone, "sentence_bert_config.json"));
        read.ReadPrompts(Path.Combine(folder, "config_sentence_transformers.json"));
        return read;
    }

    /// <summary>Pooling, and what comes after it.</summary>
    /// <param name="width">Of the model's states.</param>
    public (Pooling Pooling, IReadOnlyList<EmbeddingStage> Stages, int Width) Build(int width, Device device)
    {
        var pooling = new Pooling();
        var stages = new List<EmbeddingStage>();
        try
        {
            foreach (var (type, folder) in _modules)
            {
                switch (type)
                {
                    case "Pooling":
                        pooling = Pooling.Read(Path.Combine(folder, ModelFolder.ConfigFile), width);
                        width *= pooling.Modes.Count;
                        break;
                    case "Normalize": stages.Add(new UnitLength()); break;
                    case "Dense": stages.Add(new DenseStage(folder, device)); break;
                    case "LayerNorm": stages.Add(new LayerNormStage(folder, device)); break;
                }
                if (type != "Pooling" && stages.Count > 0) width = stages[^1].WidthAfter(width);
            }
            return (pooling, stages, width);
        }
        catch
        {
            foreach (var stage in stages) stage.Dispose();
            throw;
        }
    }

    private void ReadModules(string path, string folder)
    {
        JsonArray list;
        try
        {
            list = JsonNode.Parse(File.ReadAllText(path)) as JsonArray ?? throw new JsonException("not a list");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read as a JSON list of modules: {error.Message}", error);
        }
        foreach (var module in list.Select(node => node as JsonObject ?? throw new CheckpointException($"{path}: a module is {node?.ToJsonString() ?? "null"}; it must be an object.")))
        {
            var fields = new ConfigReader(path, module);
            var (type, place) = (fields.Text("type").Split('.')[^1], fields.OptionalText("path") ?? "");
            if (Path.IsPathRooted(place) || place.Split('/', '\\').Contains("..")) throw fields.Wrong("path", "a folder beside modules.json");
            var at = place.Length == 0 ? folder : Path.Combine(folder, place);
            if (type == "Transformer" && _modules.Count == 0) Backbone = at;
            else if (type is not ("Pooling" or "Normalize" or "Dense" or "LayerNorm" or "Dropout")) throw fields.Wrong("type", "Transformer first, then Pooling, and Dense, LayerNorm, Dropout or Normalize after it: Loquat builds nothing else");
            else if (_modules.Count == 1 != (type == "Pooling")) throw fields.Fault($"the second module, and no other, must be Pooling; module {_modules.Count + 1} is {type}.");
            _modules.Add((type, at));
        }
        if (_modules.Count == 0) throw new CheckpointException($"{path}: there is no module.");
    }

    private void ReadLimits(string path)
    {
        if (!File.Exists(path)) return;
        var fields = ConfigReader.Open(path);
        (MaxSequenceLength, LowerCase) = (fields.OptionalInteger("max_seq_length"), fields.Flag("do_lower_case", false));
        fields.Only("transformer_task", "\"feature-extraction\"");
        fields.Skip([.. ConfigKey.Anything("modality_config", "module_output_name", "processing_kwargs", "model_args", "tokenizer_args", "config_args")]);
        fields.RefuseRest();
    }

    private void ReadPrompts(string path)
    {
        if (!File.Exists(path)) return;
        var fields = ConfigReader.Open(path);
        if (fields.Object("prompts") is { } prompts)
            Prompts = prompts.ToDictionary(pair => pair.Key, pair => pair.Value is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw fields.Wrong("prompts", "texts by their names"));
        DefaultPrompt = fields.OptionalText("default_prompt_name");
        if (DefaultPrompt is not null && !Prompts.ContainsKey(DefaultPrompt)) throw fields.Wrong("default_prompt_name", $"one of the prompts: {string.Join(", ", Prompts.Keys)}");
        fields.Skip([.. ConfigKey.Anything("__version__", "similarity_fn_name", "model_type")]);
        fields.RefuseRest();
    }
}
