using System.Reflection;
using System.Text.Json.Nodes;
using Loquat.Recipes;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeping;

/// <summary>The JSON schema of sweeps, made from the records: editors complete and check a sweep with it.</summary>
public static class SweepSchema
{
    /// <summary>The schema (JSON Schema 2020-12).</summary>
    public static JsonObject Create()
    {
        var (properties, defaults) = (new JsonObject(), new Sweep());
        foreach (var property in typeof(Sweep).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
            properties[RecipeBinder.Key(property.Name)] = Own(property) ?? RecipeSchema.Property(property, property.GetValue(defaults));
        return new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Loquat sweep",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = new JsonArray("recipe", "space"),
            ["properties"] = properties,
        };
    }

    private static JsonObject? Own(PropertyInfo property)
    {
        JsonObject? schema = null;
        if (property.PropertyType == typeof(RecipeSource)) schema = new() { ["type"] = new JsonArray("string", "object") };
        else if (property.PropertyType == typeof(SearchSpace)) schema = new() { ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = Parameter() };
        else if (property.PropertyType == typeof(IReadOnlyList<string>)) schema = new() { ["type"] = "object", ["additionalProperties"] = Value() };
        schema?.Insert(0, "description", property.GetCustomAttribute<System.ComponentModel.DescriptionAttribute>()!.Description);
        return schema;
    }

    private static JsonObject Parameter() => new()
    {
        ["anyOf"] = new JsonArray(
        [
            Values(),
            .. SpaceYaml.Types.Select(type => new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["required"] = new JsonArray([.. ((string[])["type", .. SpaceYaml.KeysOf(type).Where(key => key is not ("step" or "log"))]).Select(key => (JsonNode)key)]),
                ["properties"] = Options(type),
            }),
        ]),
    };

    private static JsonObject Options(string type)
    {
        var options = new JsonObject { ["type"] = new JsonObject { ["const"] = type } };
        foreach (var key in SpaceYaml.KeysOf(type))
        {
            options[key] = key switch
            {
                "values" => Values(),
                "log" => new JsonObject { ["description"] = "Even in the logarithm.", ["type"] = "boolean", ["default"] = false },
                "step" => new JsonObject { ["description"] = "Only low, low + step, and so on.", ["type"] = "integer", ["minimum"] = 1, ["default"] = 1 },
                _ => new JsonObject { ["description"] = $"The {(key == "low" ? "least" : "largest")} value.", ["type"] = type == SpaceYaml.Int ? "integer" : "number" },
            };
        }
        options["when"] = new JsonObject { ["description"] = "There only where another key of the space, which stands before, has one of these values.", ["type"] = "object", ["minProperties"] = 1, ["maxProperties"] = 1 };
        return options;
    }

    private static JsonObject Values() => new() { ["type"] = "array", ["minItems"] = 1, ["items"] = Value() };

    private static JsonObject Value() => new() { ["type"] = new JsonArray("string", "number", "boolean", "null") };
}
