using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>
/// What a model folder says beside <c>tokenizer.json</c>: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>chat_template.jinja</c>,
/// <c>chat_template.json</c> and <c>additional_chat_templates/*.jinja</c>. Each is optional; a template in a file of its own goes before one in the configuration.
/// </summary>
public sealed record TokenizerConfig
{
    private static readonly string[] TokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>Special tokens by their names in the file: "bos_token", "eos_token", "pad_token" and so on.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; init; } = new Dictionary<string, string>();

    /// <summary>Further special tokens ("additional_special_tokens" or "extra_special_tokens").</summary>
    public IReadOnlyList<string> AdditionalSpecialTokens { get; init; } = [];

    /// <summary>The sources of the chat templates by name; the usual one is "default".</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>Longest sequence, in tokens, that the model takes; null where the file has none or the reference's "very large" number.</summary>
    public long? ModelMaxLength { get; init; }

    /// <summary>The class that the reference would use: "LlamaTokenizerFast", for example.</summary>
    public string? TokenizerClass { get; init; }

    /// <summary>Whether a begin token goes first; null where the file does not say.</summary>
    public bool? AddBosToken { get; init; }

    /// <summary>Whether an end token goes last; null where the file does not say.</summary>
    public bool? AddEosToken { get; init; }

    /// <summary>Whether decoding removes the space before punctuation. Default false.</summary>
    public bool CleanUpTokenizationSpaces { get; init; }

    public string? BosToken => SpecialTokens.GetValueOrDefault("bos_token");

    public string? EosToken => SpecialTokens.GetValueOrDefault("eos_token");

    public string? PadToken => SpecialTokens.GetValueOrDefault("pad_token");

    public string? UnknownToken => SpecialTokens.GetValueOrDefault("unk_token");

    /// <summary>The names of special tokens as a template's variables.</summary>
    public IReadOnlyDictionary<string, JsonNode?> TemplateVariables
    {
        get
        {
            var variables = SpecialTokens.ToDictionary(p => p.Key, p => (JsonNode?)JsonValue.Create(p.Value), StringComparer.Ordinal);
            if (AdditionalSpecialTokens.Count > 0)
                variables["additional_special_tokens"] = new JsonArray([.. AdditionalSpecialTokens.Select(t => (JsonNode?)JsonValue.Create(t))]);
            return variables;
        }
    }

    /// <summary>Parses a chat template of this folder.</summary>
    /// <param name="name">Which one; null for "tool_use" where there are tools and such a template, else "default", else the only one.</param>
    /// <param name="withTools">Whether tools will be given.</param>
    /// <param name="options">Limits and clock; null for the defaults.</param>
    /// <exception cref="DataException">There is no such template, or it cannot be parsed.</exception>
    public ChatTemplate GetChatTemplate(string? name = null, bool withTools = false, ChatTemplateOptions? options = null)
    {
        name ??= withTools && ChatTemplates.ContainsKey("tool_use") ? "tool_use"
            : ChatTemplates.ContainsKey("default") || ChatTemplates.Count != 1 ? "default" : ChatTemplates.Keys.First();
        return ChatTemplates.TryGetValue(name, out var source)
            ? ChatTemplate.Parse(source, $"chat template '{name}'", options)
            : throw new DataException(ChatTemplates.Count == 0
                ? "this tokenizer has no chat template; give one with chat_template.jinja beside its tokenizer_config.json"
                : $"there is no chat template '{name}'; there are {string.Join(", ", ChatTemplates.Keys)}");
    }

    /// <summary>Reads a folder, or the <c>tokenizer_config.json</c> itself and what lies beside it. Files that are not there are no error.</summary>
    /// <exception cref="DataException">The folder does not exist, or a file is damaged; the message names the file and the place.</exception>
    public static TokenizerConfig Load(string folderOrFile)
    {
        var folder = Directory.Exists(folderOrFile) ? folderOrFile : File.Exists(folderOrFile) ? Path.GetDirectoryName(Path.GetFullPath(folderOrFile))! : null;
        if (folder is null) throw new DataException($"{folderOrFile}: no such folder or file; expected a folder with a tokenizer_config.json");
        var configPath = Directory.Exists(folderOrFile) ? Path.Combine(folder, "tokenizer_config.json") : folderOrFile;
        var config = ReadObject(configPath);
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        AddTokens(ReadObject(Path.Combine(folder, "special_tokens_map.json")), tokens, configPath);
        AddTokens(config, tokens, configPath);
        return new()
        {
            SpecialTokens = tokens,
            AdditionalSpecialTokens = Further(config),
            ChatTemplates = Templates(folder, config, configPath),
            ModelMaxLength = config["model_max_length"] is JsonValue length && length.TryGetValue<long>(out var longest) && longest is > 0 and < 1L << 48 ? longest : null,
            TokenizerClass = TextOrNull(config["tokenizer_class"]),
            AddBosToken = Flag(config["add_bos_token"]),
            AddEosToken = Flag(config["add_eos_token"]),
            CleanUpTokenizationSpaces = Flag(config["clean_up_tokenization_spaces"]) ?? false,
        };
    }

    private static JsonObject ReadObject(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }) switch
            {
                JsonObject found when found.Count >= 0 => found,
                _ => throw new DataException($"{path}: expected a JSON object"),
            };
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}, line {error.LineNumber + 1}, byte {error.BytePositionInLine}: not valid JSON ({error.Message})", error);
        }
        catch (ArgumentException error) // the same key twice
        {
            throw new DataException($"{path}: {error.Message}", error);
        }
    }

    private static void AddTokens(JsonObject source, Dictionary<string, string> tokens, string path)
    {
        foreach (var (key, value) in source)
            if (TokenNames.Contains(key) || key.EndsWith("_token", StringComparison.Ordinal) && !key.StartsWith("add_", StringComparison.Ordinal))
            {
                if (value is null || value.GetValueKind() is JsonValueKind.True or JsonValueKind.False) continue;
                tokens[key] = Token(value) ?? throw new DataException($"{path}: '{key}' must be a text or an object with 'content', not {value.GetValueKind()}");
            }
        if (source["extra_special_tokens"] is JsonObject extra)
            foreach (var (key, value) in extra)
                if (Token(value) is { } token) tokens[key] = token;
    }

    private static List<string> Further(JsonObject config) =>
        (config["additional_special_tokens"] ?? config["extra_special_tokens"]) is JsonArray list ? list.Select(Token).OfType<string>().ToList() : [];

    private static string? Token(JsonNode? node) => node is JsonObject described ? TextOrNull(described["content"]) : TextOrNull(node);

    private static string? TextOrNull(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static bool? Flag(JsonNode? node) => node?.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };

    private static Dictionary<string, string> Templates(string folder, JsonObject config, string path)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        AddTemplates(config["chat_template"], templates, path);
        var own = Path.Combine(folder, "chat_template.json");
        AddTemplates(ReadObject(own)["chat_template"], templates, own);
        if (Path.Combine(folder, "chat_template.jinja") is var single && File.Exists(single)) templates["default"] = File.ReadAllText(single);
        if (Path.Combine(folder, "additional_chat_templates") is var more && Directory.Exists(more))
            foreach (var file in Directory.EnumerateFiles(more, "*.jinja").Order(StringComparer.Ordinal)) templates[Path.GetFileNameWithoutExtension(file)] = File.ReadAllText(file);
        return templates;
    }

    private static void AddTemplates(JsonNode? node, Dictionary<string, string> templates, string path)
    {
        switch (node)
        {
            case null: break;
            case JsonValue when TextOrNull(node) is { } text: templates["default"] = text; break;
            case JsonArray list:
                foreach (var item in list)
                    templates[TextOrNull((item as JsonObject)?["name"]) ?? throw Wrong(path)] = TextOrNull(item!["template"]) ?? throw Wrong(path);
                break;
            default: throw Wrong(path);
        }
    }

    private static DataException Wrong(string path) => new($"{path}: 'chat_template' must be a text or a list of objects with the texts 'name' and 'template'");
}
