using System.Text.Json.Nodes;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Text.Conversations;

/// <summary>The form in which a model reads conversations: a chat template, the tokens that it needs, and the one that ends an answer.</summary>
/// <param name="Name">Of a built-in form, or where the template comes from.</param>
/// <param name="Source">The template.</param>
public sealed record ChatForm(string Name, string Source)
{
    /// <summary>Tokens that a tokenizer is given where it lacks them. Default: none.</summary>
    public IReadOnlyList<string> AddedTokens { get; init; } = [];

    /// <summary>The token that ends an answer, which `tokenizer_config.json` names as `eos_token`; null: the one that it names already, or the tokenizer's own end.</summary>
    public string? EndOfTurn { get; init; }

    /// <summary>The names of the built-in forms.</summary>
    public static IReadOnlyList<string> Names => [.. BuiltInChatForms.All.Select(form => form.Name)];

    /// <summary>The form that a recipe asks for, or that of the tokenizer's folder, or ChatML where that has none.</summary>
    /// <param name="asked">A built-in name, or the path of a template; null: not said.</param>
    /// <param name="config">Of the tokenizer's folder; null: there is none.</param>
    /// <exception cref="OptionsException">There is no such form.</exception>
    /// <exception cref="DataException">The template cannot be parsed.</exception>
    public static ChatForm Choose(string? asked, TokenizerConfig? config)
    {
        var form = asked is not null ? Named(asked)
            : config is { ChatTemplates.Count: > 0 } ? new("of the tokenizer's folder", config.GetChatTemplate().Source)
            : BuiltInChatForms.ChatMl;
        ChatTemplate.Parse(form.Source, $"chat template '{form.Name}'");
        return form;
    }

    /// <summary>The tokenizer with the tokens of the form: those that it lacks get the next ids.</summary>
    public Tokenizer Complete(Tokenizer tokenizer)
    {
        var missing = AddedTokens.Where(token => tokenizer.TokenToId(token) is null).ToList();
        return missing.Count == 0 ? tokenizer : new(tokenizer.Components with { AddedTokens = [.. tokenizer.Components.AddedTokens, .. missing.Select(token => new AddedToken(token) { Special = true })] });
    }

    /// <summary>What the template sees besides messages: the names of special tokens, `eos_token` among them.</summary>
    /// <param name="end">The token that ends texts, where neither form nor configuration names one.</param>
    public IReadOnlyDictionary<string, JsonNode?> Variables(TokenizerConfig? config, string? end)
    {
        var variables = new Dictionary<string, JsonNode?>(config?.TemplateVariables ?? new Dictionary<string, JsonNode?>(), StringComparer.Ordinal);
        if ((EndOfTurn ?? (variables.ContainsKey("eos_token") ? null : end)) is { } token) variables["eos_token"] = token;
        return variables;
    }

    private static ChatForm Named(string asked)
    {
        if (BuiltInChatForms.All.FirstOrDefault(form => form.Name == asked) is { } known) return known;
        if (File.Exists(asked)) return new(asked, File.ReadAllText(asked));
        throw new OptionsException($"objective.chat_template is '{asked}', which is neither a file nor a built-in template ({string.Join(", ", Names)}).{(NearestName.Find(asked, Names) is { } near ? $" Did you mean '{near}'?" : "")}");
    }
}
