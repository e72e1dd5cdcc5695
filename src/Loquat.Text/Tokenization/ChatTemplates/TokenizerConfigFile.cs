using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Writes what stands beside `tokenizer.json`: `tokenizer_config.json` and `chat_template.jinja`, as transformers reads them.</summary>
public static class TokenizerConfigFile
{
    /// <summary>The files that belong to a tokenizer besides its own.</summary>
    public static IReadOnlyList<string> Names { get; } = ["tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json"];

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <param name="folder">An existing folder.</param>
    /// <param name="config">What else there is to say: special tokens, length; null: nothing.</param>
    /// <param name="template">The chat template.</param>
    /// <param name="end">The token that ends an answer, `eos_token`; null: none.</param>
    public static void Write(string folder, TokenizerConfig? config, string template, string? end)
    {
        var json = new JsonObject { ["tokenizer_class"] = config?.TokenizerClass ?? "PreTrainedTokenizerFast" };
        foreach (var (name, token) in config?.SpecialTokens ?? new Dictionary<string, string>()) json[name] = token;
        if (end is not null) json["eos_token"] = end;
        if (config is { AdditionalSpecialTokens.Count: > 0 }) json["additional_special_tokens"] = new JsonArray([.. config.AdditionalSpecialTokens.Select(token => (JsonNode?)token)]);
        if (config?.ModelMaxLength is { } length) json["model_max_length"] = length;
        if (config?.AddBosToken is { } begins) json["add_bos_token"] = begins;
        if (config?.AddEosToken is { } ends) json["add_eos_token"] = ends;
        json["clean_up_tokenization_spaces"] = config?.CleanUpTokenizationSpaces ?? false;
        File.WriteAllText(Path.Combine(folder, Names[0]), json.ToJsonString(_indented) + "\n");
        File.WriteAllText(Path.Combine(folder, Names[1]), template);
    }
}
