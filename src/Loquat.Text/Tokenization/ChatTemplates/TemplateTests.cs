namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>What stands after 'is'.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, TemplateFunction> All = new(StringComparer.Ordinal)
    {
        ["defined"] = (_, a) => a[0] is not UndefinedValue,
        ["undefined"] = (_, a) => a[0] is UndefinedValue,
        ["none"] = (_, a) => a[0] is null,
        ["boolean"] = (_, a) => a[0] is bool,
        ["true"] = (_, a) => a[0] is true,
        ["false"] = (_, a) => a[0] is false,
        ["integer"] = (_, a) => a[0] is long,
        ["float"] = (_, a) => a[0] is double,
        ["number"] = (_, a) => a[0] is long or double or bool,
        ["string"] = (_, a) => a[0] is string,
        ["mapping"] = (_, a) => a[0] is MapValue,
        ["iterable"] = (_, a) => a[0] is string or List<object?> or MapValue or UndefinedValue,
        ["sequence"] = (_, a) => a[0] is string or List<object?> or MapValue,
        ["callable"] = (_, a) => a[0] is FunctionValue,
        ["odd"] = (_, a) => (a.Integer(0, "value") & 1) == 1,
        ["even"] = (_, a) => (a.Integer(0, "value") & 1) == 0,
        ["divisibleby"] = (c, a) => TemplateOperators.Binary("%", a[0], a[1], c) is 0L or 0.0,
        ["lower"] = (c, a) => PythonText.Str(a[0], c) is var s && s.Any(char.IsLower) && !s.Any(char.IsUpper),
        ["upper"] = (c, a) => PythonText.Str(a[0], c) is var s && s.Any(char.IsUpper) && !s.Any(char.IsLower),
        ["in"] = (c, a) => TemplateOperators.Contains(a[1], a[0], c),
        ["sameas"] = (c, a) => a[0] is string or long or bool or double or null ? a[0]?.GetType() == a[1]?.GetType() && TemplateValues.AreEqual(a[0], a[1], c) || a[0] is null && a[1] is null : ReferenceEquals(a[0], a[1]),
        ["filter"] = (_, a) => TemplateFilters.TryGet(a.Text(0, "name"), out var _),
        ["test"] = (_, a) => TryGet(a.Text(0, "name"), out var _),
        ["eq"] = Comparison("=="),
        ["equalto"] = Comparison("=="),
        ["=="] = Comparison("=="),
        ["ne"] = Comparison("!="),
        ["!="] = Comparison("!="),
        ["lt"] = Comparison("<"),
        ["lessthan"] = Comparison("<"),
        ["<"] = Comparison("<"),
        ["le"] = Comparison("<="),
        ["<="] = Comparison("<="),
        ["gt"] = Comparison(">"),
        ["greaterthan"] = Comparison(">"),
        [">"] = Comparison(">"),
        ["ge"] = Comparison(">="),
        [">="] = Comparison(">="),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static bool TryGet(string name, out TemplateFunction test) => All.TryGetValue(name, out test!);

    private static TemplateFunction Comparison(string op) => (c, a) => TemplateOperators.Compare(op, a[0], a[1], c);
}
