using System.Text.Json;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection;

/// <summary>A file of reference decisions: `shared/fixtures/text`.</summary>
internal static class TextFixture
{
    public static JsonElement Load(string name) => JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "text", name))).RootElement;

    public static IReadOnlyList<JsonElement> Cases(string name) => [.. Load(name).GetProperty("cases").EnumerateArray()];

    /// <summary>A file of `shared/data`.</summary>
    public static string Data(string path) => SharedFolder.Require(["data", .. path.Split('/')]);

    public static string? Text(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
