using System.Text;
using System.Text.Json;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Preprocessing;

/// <summary>A file of reference decisions in the shared folder: its head, and its cases one by one.</summary>
internal sealed class TextFixture
{
    private readonly JsonElement _root;

    private TextFixture(JsonElement root) => _root = root;

    public static TextFixture Load(string name) => new(JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "text", name))).RootElement);

    public JsonElement this[string head] => _root.GetProperty(head);

    public IEnumerable<JsonElement> Cases => _root.GetProperty("cases").EnumerateArray();

    /// <summary>Fails with the first few of what differs. There must be cases at all.</summary>
    public static void AllEqual(IEnumerable<(string Name, string? Expected, string? Actual)> comparisons)
    {
        var (count, wrong) = (0, new List<string>());
        foreach (var (name, expected, actual) in comparisons)
        {
            count++;
            if (expected != actual) wrong.Add($"{name}\n  expected {Show(expected)}\n  actual   {Show(actual)}");
        }
        Assert.True(count > 0, "no cases");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} differ:\n{string.Join('\n', wrong.Take(8))}");
    }

    public static string Show(string? text)
    {
        if (text is null) return "null";
        var shown = new StringBuilder();
        foreach (var c in text.Length > 300 ? text[..300] + "…" : text) shown.Append(c is < ' ' or >= '\u007f' and < '\u00a1' or >= '\ud800' and < '\ue000' ? $"\\u{(int)c:x4}" : c.ToString());
        return shown.ToString();
    }
}
