using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using Loquat.Models;

namespace Loquat.Recipes;

/// <summary>The JSON schema of recipes, made from the records: editors complete and check a recipe with it.</summary>
public static class RecipeSchema
{
    /// <summary>The schema (JSON Schema 2020-12).</summary>
    public static JsonObject Create()
    {
        var schema = Object(typeof(Recipe), new Recipe());
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "Loquat recipe");
        return schema;
    }

    private static JsonObject Object(Type type, object defaults)
    {
        var properties = new JsonObject();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
            properties[RecipeBinder.Key(property.Name)] = Property(property, property.GetValue(defaults));
        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    internal static JsonObject Property(PropertyInfo property, object? value)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var schema = type == typeof(TextList) ? Texts() : type == typeof(ModelRecipe) ? Model() : NamedSections.Find(type) is { } section ? Named(section) : type == typeof(ParameterGroupList) ? Groups() : type.IsClass && type != typeof(string) ? Object(type, value!) : Scalar(type);
        if (property.GetCustomAttribute<DescriptionAttribute>() is { } description) schema.Insert(0, "description", description.Description);
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            schema["minimum"] = Convert.ToDouble(range.Minimum, null);
            schema["maximum"] = Convert.ToDouble(range.Maximum, null);
        }
        if (value is not null && (type.IsValueType || type == typeof(string))) schema["default"] = Default(value);
        return schema;
    }

    /// <summary>For each architecture the keys of its own, found by reading a model of it.</summary>
    private static JsonObject Model()
    {
        var cases = new JsonArray();
        foreach (var type in ModelFamilies.ModelTypes)
        {
            var named = new JsonObject { ["properties"] = new JsonObject { ["model_type"] = new JsonObject { ["const"] = type } } };
            if (type != ModelSection.DefaultType) named["required"] = new JsonArray("model_type");
            var properties = new JsonObject();
            foreach (var (key, use) in ModelSection.KeysOf(type).OrderBy(pair => pair.Key, StringComparer.Ordinal)) properties[key] = Use(use);
            cases.Add(new JsonObject { ["if"] = named, ["then"] = new JsonObject { ["properties"] = properties } });
        }
        return new JsonObject
        {
            ["type"] = "object",
            ["unevaluatedProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["from"] = Property(typeof(ModelRecipe).GetProperty(nameof(ModelRecipe.From))!, null),
                ["model_type"] = new JsonObject { ["description"] = "The architecture; the other keys are those of its config.json.", ["enum"] = new JsonArray([.. ModelFamilies.ModelTypes.Select(t => (JsonNode)t)]), ["default"] = ModelSection.DefaultType },
            },
            ["allOf"] = cases,
        };
    }

    private static JsonObject Named(NamedSection section)
    {
        var cases = new JsonArray();
        foreach (var type in section.Types())
        {
            var named = new JsonObject { ["properties"] = new JsonObject { [NamedSections.TypeKey] = new JsonObject { ["const"] = type } } };
            // Where nothing is named, the keys are those of the default.
            if (section.Default is { } usual && type != usual) named["required"] = new JsonArray(NamedSections.TypeKey);
            var options = section.Find(type)!;
            cases.Add(new JsonObject { ["if"] = named, ["then"] = new JsonObject { ["properties"] = Object(options.GetType(), options)["properties"]!.DeepClone() } });
        }
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["unevaluatedProperties"] = false,
            ["properties"] = new JsonObject
            {
                [NamedSections.TypeKey] = new JsonObject
                {
                    ["description"] = $"The {section.What}; the other keys are its options.{(section.Default is null ? " Default: the usual one of the model's kind." : "")}",
                    ["enum"] = new JsonArray([.. section.Types().Select(t => (JsonNode)t)]),
                },
            },
            ["allOf"] = cases,
        };
        if (section.Default is { } given) schema["properties"]![NamedSections.TypeKey]!["default"] = given;
        else schema["required"] = new JsonArray(NamedSections.TypeKey);
        return schema;
    }

    private static JsonObject Groups() => new() { ["type"] = "array", ["items"] = Object(typeof(ParameterGroup), new ParameterGroup()), ["default"] = new JsonArray() };

    private static JsonObject Use(ConfigKeyUse use)
    {
        var schema = new JsonObject { ["type"] = use.Type };
        if (use.Choices is { } choices) schema["enum"] = new JsonArray([.. choices.Select(choice => (JsonNode)choice)]);
        if (use.Min is { } min) schema["minimum"] = min;
        if (use.Max is { } max) schema["maximum"] = max;
        if (use.Default is { } value) schema["default"] = Default(value);
        return schema;
    }

    private static JsonObject Texts() => new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" }, ["default"] = new JsonArray() };

    private static JsonObject Scalar(Type type)
    {
        if (type.IsEnum) return new JsonObject { ["enum"] = new JsonArray([.. RecipeBinder.Choices(type).Select(c => (JsonNode)c)]) };
        return new JsonObject { ["type"] = type == typeof(string) ? "string" : type == typeof(bool) ? "boolean" : type == typeof(double) ? "number" : "integer" };
    }

    private static JsonNode Default(object value) => value switch
    {
        Enum choice => RecipeBinder.Key(choice.ToString()),
        bool flag => flag,
        double number => number,
        string text => text,
        _ => Convert.ToInt64(value, null),
    };
}
