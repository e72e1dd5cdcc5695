using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Loquat.Recipes;

/// <summary>A section of a recipe whose keys are another's, such as those of a `config.json`: as JSON and back.</summary>
internal static class SectionYaml
{
    public static JsonObject ToJson(YamlMappingNode node)
    {
        var json = new JsonObject();
        foreach (var (key, value) in node.Children) json[(key as YamlScalarNode)?.Value ?? $"{key}"] = ToJson(value);
        return json;
    }

    public static YamlNode FromJson(JsonNode? json) => json switch
    {
        JsonObject mapping => new YamlMappingNode(mapping.Select(pair => KeyValuePair.Create((YamlNode)new YamlScalarNode(pair.Key), FromJson(pair.Value)))),
        JsonArray list => new YamlSequenceNode(list.Select(FromJson)) { Style = SequenceStyle.Flow },
        JsonValue value when value.TryGetValue<string>(out var text) => new YamlScalarNode(text) { Style = Scalar(text, ScalarStyle.Plain) is JsonValue plain && plain.GetValueKind() == System.Text.Json.JsonValueKind.String ? ScalarStyle.Any : ScalarStyle.DoubleQuoted },
        null => new YamlScalarNode("null"),
        _ => new YamlScalarNode(json.ToJsonString()),
    };

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => ToJson(mapping),
        YamlSequenceNode list => new JsonArray([.. list.Select(ToJson)]),
        YamlScalarNode { Value: { } text } scalar => Scalar(text, scalar.Style),
        _ => null,
    };

    /// <summary>A plain word is a number, true, false or null where it looks like one; a quoted one is a text.</summary>
    private static JsonNode? Scalar(string text, ScalarStyle style) => style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted ? text : text switch
    {
        "null" or "~" or "" => null,
        "true" => true,
        "false" => false,
        _ when NumberText.TryParse<int>(text, out var whole) => whole,
        _ when NumberText.TryParse<long>(text, out var large) => large,
        _ when NumberText.TryParse<double>(text, out var number) => number,
        _ => text,
    };
}
