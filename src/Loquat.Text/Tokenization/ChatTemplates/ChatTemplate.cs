using System.Text.Json.Nodes;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>
/// Turns a conversation into the text a model was trained on: the Jinja subset that published chat templates use, with Hugging Face's
/// settings (trim_blocks, lstrip_blocks, break and continue, generation blocks, raise_exception, strftime_now, tojson without HTML escapes).
/// Immutable and thread-safe. No file, network or environment is within a template's reach, and its steps and output are limited.
/// </summary>
/// <remarks>Source: the Jinja 3 template designer documentation; the chat template guide of Hugging Face transformers.</remarks>
public sealed class ChatTemplate
{
    private readonly List<TemplateStatement> _body;
    private readonly ChatTemplateOptions _options;
    private readonly string _name;

    private ChatTemplate(string source, string name, ChatTemplateOptions options, List<TemplateStatement> body) =>
        (Source, _name, _options, _body) = (source, name, options, body);

    /// <summary>The template as it was given.</summary>
    public string Source { get; }

    /// <summary>Whether the template marks what the assistant says (<c>{% generation %}</c>), so that <see cref="RenderedChat.AssistantSpans"/> is filled.</summary>
    public bool MarksAssistant => Source.Contains("endgeneration", StringComparison.Ordinal);

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="name">What errors call it: a file's name, for example.</param>
    /// <param name="options">Limits and clock; null for the defaults.</param>
    /// <exception cref="DataException">The template is not well-formed or uses what is not supported; the message names the line.</exception>
    public static ChatTemplate Parse(string source, string name = "chat template", ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new();
        if (options.MaxSteps < 1 || options.MaxOutputLength < 1) throw new OptionsException("ChatTemplateOptions: MaxSteps and MaxOutputLength must be at least 1");
        try
        {
            return new(source, name, options, TemplateParser.Parse(source));
        }
        catch (TemplateFault fault)
        {
            throw new DataException($"{name}, line {fault.Line}: {fault.Message}", fault);
        }
    }

    /// <summary>Renders plain messages.</summary>
    /// <inheritdoc cref="Render(JsonArray, JsonArray?, bool, IReadOnlyDictionary{string, JsonNode?}?)"/>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    public string Render(IEnumerable<ChatMessage> messages, JsonArray? tools = null, bool addGenerationPrompt = false, IReadOnlyDictionary<string, JsonNode?>? variables = null) =>
        Render(new JsonArray([.. messages.Select(m => m.ToJson())]), tools, addGenerationPrompt, variables);

    /// <summary>Renders a conversation.</summary>
    /// <param name="messages">Objects with at least "role" and "content", as in the field's JSON files.</param>
    /// <param name="tools">Descriptions of the functions the model may call (JSON schema), or null.</param>
    /// <param name="addGenerationPrompt">Whether to end with the words that open the assistant's turn.</param>
    /// <param name="variables">Other names that the template sees: special tokens (<see cref="TokenizerConfig.TemplateVariables"/>), "documents", switches such as "enable_thinking".</param>
    /// <returns>The text that the model reads; encode it without adding special tokens.</returns>
    /// <exception cref="DataException">The template refuses the messages, uses something that is not there, or passes a limit; the message names the line.</exception>
    public string Render(JsonArray messages, JsonArray? tools = null, bool addGenerationPrompt = false, IReadOnlyDictionary<string, JsonNode?>? variables = null) =>
        RenderWithSpans(messages, tools, addGenerationPrompt, variables).Text;

    /// <summary>Renders a conversation and tells which of its characters the assistant said.</summary>
    /// <inheritdoc cref="Render(JsonArray, JsonArray?, bool, IReadOnlyDictionary{string, JsonNode?}?)"/>
    public RenderedChat RenderWithSpans(JsonArray messages, JsonArray? tools = null, bool addGenerationPrompt = false, IReadOnlyDictionary<string, JsonNode?>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var context = new TemplateContext(_options);
        context.Scope.Set("documents", null);
        if (variables is not null)
            foreach (var (name, value) in variables) context.Scope.Set(name, TemplateValues.FromJson(value));
        context.Scope.Set("messages", TemplateValues.FromJson(messages));
        context.Scope.Set("tools", TemplateValues.FromJson(tools));
        context.Scope.Set("add_generation_prompt", addGenerationPrompt);
        try
        {
            TemplateStatement.ExecuteAll(_body, context);
        }
        catch (TemplateFault fault)
        {
            throw Failed(fault, context);
        }
        catch (InvalidOperationException wrapped) when (wrapped.InnerException is TemplateFault fault) // thrown inside a sort
        {
            throw Failed(fault, context);
        }
        return new(context.Output.ToString(), context.AssistantSpans);
    }

    private DataException Failed(TemplateFault fault, TemplateContext context) => new($"{_name}, line {Math.Max(1, context.Line)}: {fault.Message}", fault);
}
