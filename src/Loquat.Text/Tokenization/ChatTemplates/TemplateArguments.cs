namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>The arguments of a call: by place and by name. A filter's or method's input is the first by place.</summary>
internal sealed class TemplateArguments(string function, List<object?> positional, Dictionary<string, object?>? named = null)
{
    public string Function { get; } = function;

    public List<object?> Positional { get; } = positional;

    public Dictionary<string, object?> Named { get; } = named ?? [];

    public int Count => Positional.Count;

    public object? this[int index] => index < Positional.Count
        ? Positional[index]
        : throw new TemplateFault($"'{Function}' needs {index + 1} values and was given {Positional.Count}");

    public bool Has(int index, string name) => index < Positional.Count || Named.ContainsKey(name);

    public object? Get(int index, string name, object? fallback = null) =>
        index < Positional.Count ? Positional[index] : Named.TryGetValue(name, out var value) ? value : fallback;

    public string Text(int index, string name, string? fallback = null) => Get(index, name, fallback) switch
    {
        string text => text,
        var other => throw new TemplateFault($"'{Function}' expects text for '{name}', not a value of the kind '{TemplateValues.TypeName(other)}'"),
    };

    public long Integer(int index, string name, long? fallback = null) => TemplateValues.AsNumber(Get(index, name, fallback)) switch
    {
        long value => value,
        _ => throw new TemplateFault($"'{Function}' expects an integer for '{name}', not a value of the kind '{TemplateValues.TypeName(Get(index, name))}'"),
    };

    public bool Flag(int index, string name, bool fallback) => Has(index, name) ? TemplateValues.IsTrue(Get(index, name)) : fallback;

    /// <summary>The same call with other input: what <c>map</c> and <c>select</c> hand on to a filter or test.</summary>
    public static TemplateArguments On(string function, object? input, IEnumerable<object?> rest, Dictionary<string, object?>? named = null) =>
        new(function, [input, .. rest], named);
}
