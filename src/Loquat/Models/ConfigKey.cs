using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Models;

/// <summary>A key that has no bearing on what a model computes, and the kind of value that it holds.</summary>
/// <param name="Name">The key.</param>
/// <param name="Allows">Whether a value is of the kind.</param>
/// <param name="Expected">The kind in words.</param>
public sealed record ConfigKey(string Name, Func<JsonNode, bool> Allows, string Expected)
{
    public static IEnumerable<ConfigKey> Texts(params IEnumerable<string> names) => Keys(names, "a text", value => value.GetValueKind() == JsonValueKind.String);

    public static IEnumerable<ConfigKey> Flags(params IEnumerable<string> names) => Keys(names, "true or false", value => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False);

    public static IEnumerable<ConfigKey> Numbers(params IEnumerable<string> names) => Keys(names, "a number", value => value.GetValueKind() == JsonValueKind.Number);

    /// <summary>Whole numbers from <paramref name="min"/>.</summary>
    public static IEnumerable<ConfigKey> Counts(long min, params IEnumerable<string> names) =>
        Keys(names, $"a whole number from {min}", value => value.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<long>(out var number) && number >= min);

    /// <summary>One of the given texts.</summary>
    public static IEnumerable<ConfigKey> Choices(string[] allowed, params IEnumerable<string> names) =>
        Keys(names, $"one of {string.Join(", ", allowed)}", value => value.GetValueKind() == JsonValueKind.String && allowed.Contains(value.GetValue<string>()));

    public static IEnumerable<ConfigKey> Lists(params IEnumerable<string> names) => Keys(names, "a list", value => value is JsonArray);

    public static IEnumerable<ConfigKey> Objects(params IEnumerable<string> names) => Keys(names, "an object", value => value is JsonObject);

    public static IEnumerable<ConfigKey> Anything(params IEnumerable<string> names) => Keys(names, "", _ => true);

    private static IEnumerable<ConfigKey> Keys(IEnumerable<string> names, string expected, Func<JsonNode, bool> allows) => names.Select(name => new ConfigKey(name, allows, expected));
}
