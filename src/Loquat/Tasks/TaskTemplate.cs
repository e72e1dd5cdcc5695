using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Tasks;

/// <summary>
/// A text with places for the fields of a record, in the Jinja subset of chat templates: `{{ question }}`, conditions, loops, methods and filters of text. A field that is not there is an
/// error. No file, network or environment is within its reach, and its steps and output are limited.
/// </summary>
public sealed class TaskTemplate
{
    private static readonly ChatTemplateOptions _limits = new() { StrictUndefined = true, MaxSteps = 2_000_000, MaxOutputLength = 8 << 20 };
    private static readonly JsonArray _none = [];

    private readonly ChatTemplate _text;
    private readonly ChatTemplate? _value;

    /// <param name="source">The template.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="DataException">It is not well-formed.</exception>
    public TaskTemplate(string source, string name)
    {
        Source = source;
        _text = ChatTemplate.Parse(source, name, _limits);
        var inner = source.Trim();
        // One expression and nothing else has a value of its own, such as a list.
        if (inner.StartsWith("{{", StringComparison.Ordinal) && inner.EndsWith("}}", StringComparison.Ordinal) && inner.IndexOf("}}", StringComparison.Ordinal) == inner.Length - 2)
            _value = ChatTemplate.Parse($"{{{{ ({inner[2..^2].Trim('-')}) | tojson }}}}", name, _limits);
    }

    public string Source { get; }

    /// <exception cref="DataException">A field is not there, or the template goes beyond its limits.</exception>
    public string Render(JsonObject record) => _text.Render(_none, variables: Variables(record));

    /// <summary>The value of a template that is one expression; the text of another.</summary>
    public JsonNode? Value(JsonObject record) => _value is null ? JsonValue.Create(Render(record)) : JsonNode.Parse(_value.Render(_none, variables: Variables(record)));

    /// <summary>The texts that an expression gives as a list.</summary>
    /// <exception cref="DataException">It gives no list of texts or numbers.</exception>
    public IReadOnlyList<string> Texts(JsonObject record) => Value(record) switch
    {
        JsonArray list => [.. list.Select(item => item is JsonValue value ? TextOf(value) : throw new DataException($"'{Source}' gives a list of something other than texts."))],
        JsonValue one => [TextOf(one)],
        _ => throw new DataException($"'{Source}' gives no list of texts."),
    };

    private static string TextOf(JsonValue value) => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : Convert.ToString(value.ToJsonString(), CultureInfo.InvariantCulture)!;

    private static Dictionary<string, JsonNode?> Variables(JsonObject record)
    {
        var variables = record.ToDictionary(field => field.Key, field => field.Value);
        variables.TryAdd("record", record);
        return variables;
    }
}
