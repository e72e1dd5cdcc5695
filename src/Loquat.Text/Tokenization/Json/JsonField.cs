using System.Text.Json;

namespace Loquat.Text.Tokenization.Json;

/// <summary>A value in a tokenizer file that knows where it stands, so that errors can say so.</summary>
internal sealed record JsonField(JsonElement Element, string Place)
{
    public bool Is(JsonValueKind kind) => Element.ValueKind == kind;

    public DataException Expected(string what)
    {
        var found = Element.ValueKind == JsonValueKind.Undefined ? "nothing" : Element.GetRawText();
        return new($"{Place}: expected {what}, found {(found.Length > 80 ? found[..80] + "…" : found)}.");
    }

    public DataException Wrong(string what) => new($"{Place}: {what}");

    /// <summary>A property that must be there.</summary>
    public JsonField this[string name] => Property(name) is { } found ? found : throw new DataException($"{Place}: '{name}' is missing.");

    /// <summary>A property, or null where it is absent or null.</summary>
    public JsonField? Optional(string name) => Property(name) is { } found && !found.Is(JsonValueKind.Null) ? found : null;

    public string String() => Is(JsonValueKind.String) ? Text() : throw Expected("a string");

    public bool Bool() => Element.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => throw Expected("true or false") };

    public int Int(int least = 0) =>
        Is(JsonValueKind.Number) && Element.TryGetInt32(out var value) && value >= least ? value : throw Expected($"a whole number from {least} on");

    public double Number() => Is(JsonValueKind.Number) && Element.TryGetDouble(out var value) ? value : throw Expected("a number");

    /// <summary>One code point.</summary>
    public string Character()
    {
        var text = String();
        return text.Length == 1 || text.Length == 2 && char.IsHighSurrogate(text[0]) ? text : throw Expected("one character");
    }

    public List<JsonField> Items()
    {
        if (!Is(JsonValueKind.Array)) throw Expected("a list");
        var items = new List<JsonField>();
        foreach (var item in Element.EnumerateArray()) items.Add(new(item, $"{Place}[{items.Count}]"));
        return items;
    }

    public List<(string Name, JsonField Value)> Properties()
    {
        if (!Is(JsonValueKind.Object)) throw Expected("an object");
        var properties = new List<(string, JsonField)>();
        foreach (var property in Element.EnumerateObject()) properties.Add((property.Name, new(property.Value, $"{Place}.{property.Name}")));
        return properties;
    }

    public bool Bool(string name, bool absent) => Optional(name)?.Bool() ?? absent;

    public string? String(string name) => Optional(name)?.String();

    private JsonField? Property(string name)
    {
        if (!Is(JsonValueKind.Object)) throw Expected("an object");
        return Element.TryGetProperty(name, out var value) ? new(value, $"{Place}.{name}") : null;
    }

    private string Text()
    {
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new DataException($"{Place}: the string is not valid Unicode: {error.Message}", error);
        }
    }
}
