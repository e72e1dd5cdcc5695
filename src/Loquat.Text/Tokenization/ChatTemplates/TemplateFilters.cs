using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>What stands after '|'.</summary>
internal static class TemplateFilters
{
    private static readonly Dictionary<string, TemplateFunction> All = new(StringComparer.Ordinal)
    {
        ["tojson"] = ToJson,
        ["trim"] = (c, a) => Strip(c, Text(c, a), a.Get(1, "chars") as string),
        ["strip"] = (c, a) => Strip(c, Text(c, a), a.Get(1, "chars") as string),
        ["length"] = (c, a) => Length(c, a[0]),
        ["count"] = (c, a) => Length(c, a[0]),
        ["default"] = Default,
        ["d"] = Default,
        ["join"] = (c, a) => Join(c, Attributes(c, a[0], a.Get(2, "attribute")), PythonText.Str(a.Get(1, "d", ""), c)),
        ["upper"] = (c, a) => PythonText.Upper(Text(c, a)),
        ["lower"] = (c, a) => Text(c, a).ToLowerInvariant(),
        ["capitalize"] = (c, a) => TemplateMethods.Capitalize(Text(c, a)),
        ["title"] = (c, a) => TemplateMethods.Title(Text(c, a)),
        ["replace"] = (c, a) => TemplateMethods.Replace(c, Text(c, a), PythonText.Str(a.Get(1, "old"), c), PythonText.Str(a.Get(2, "new"), c), a.Get(3, "count") is null ? -1 : a.Integer(3, "count")),
        ["string"] = (c, a) => Text(c, a),
        ["safe"] = (_, a) => a[0],
        ["escape"] = (c, a) => Escape(c, Text(c, a)),
        ["e"] = (c, a) => Escape(c, Text(c, a)),
        ["int"] = (_, a) => TemplateNumbers.ToInteger(a[0], a.Get(1, "default", 0L), a.Integer(2, "base", 10)),
        ["float"] = (_, a) => TemplateNumbers.ToFloat(a[0], a.Get(1, "default", 0.0)),
        ["abs"] = (_, a) => TemplateNumbers.Absolute(a[0]),
        ["round"] = (_, a) => TemplateNumbers.Round(a[0], (int)Math.Clamp(a.Integer(1, "precision", 0), -15, 15), a.Text(2, "method", "common")),
        ["first"] = (c, a) => TemplateValues.Iterate(a[0], c) is { Count: > 0 } items ? items[0] : new UndefinedValue("the first item"),
        ["last"] = (c, a) => TemplateValues.Iterate(a[0], c) is { Count: > 0 } items ? items[^1] : new UndefinedValue("the last item"),
        ["list"] = (c, a) => Copy(c, TemplateValues.Iterate(a[0], c)),
        ["items"] = (c, a) => a[0] is UndefinedValue ? new List<object?>() : a[0] is MapValue map ? TemplateMethods.Pairs(map, c) : throw new TemplateFault("'items' needs a mapping"),
        ["reverse"] = (c, a) => Reverse(c, a[0]),
        ["indent"] = Indent,
        ["center"] = (c, a) => TemplateMethods.Center(c, Text(c, a), a.Integer(1, "width", 80), " "),
        ["format"] = (c, a) => TemplateFormat.Percent(Text(c, a), a.Named.Count > 0 ? Named(a) : new TupleValue(a.Positional.Skip(1)), c),
        ["wordcount"] = (c, a) => (long)TemplateSplit.Split(c, Text(c, a), null, -1).Count,
        ["truncate"] = Truncate,
        ["pprint"] = (c, a) => TemplateFormat.Repr(a[0], c),
        ["map"] = TemplateSequences.Map,
        ["select"] = (c, a) => TemplateSequences.Select(c, a, keep: true, byAttribute: false),
        ["reject"] = (c, a) => TemplateSequences.Select(c, a, keep: false, byAttribute: false),
        ["selectattr"] = (c, a) => TemplateSequences.Select(c, a, keep: true, byAttribute: true),
        ["rejectattr"] = (c, a) => TemplateSequences.Select(c, a, keep: false, byAttribute: true),
        ["sort"] = TemplateSequences.Sort,
        ["dictsort"] = TemplateSequences.SortMap,
        ["unique"] = TemplateSequences.Unique,
        ["groupby"] = TemplateSequences.GroupBy,
        ["batch"] = TemplateSequences.Batch,
        ["sum"] = TemplateSequences.Sum,
        ["min"] = (c, a) => TemplateSequences.Extreme(c, a, -1),
        ["max"] = (c, a) => TemplateSequences.Extreme(c, a, 1),
        ["attr"] = (_, a) => TemplateMembers.Attribute(a[0], a.Text(1, "name")),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static bool TryGet(string name, out TemplateFunction filter) => All.TryGetValue(name, out filter!);

    public static string Join(TemplateContext context, List<object?> items, string separator)
    {
        var builder = new StringBuilder();
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) builder.Append(separator);
            var text = PythonText.Str(items[i], context);
            context.CheckLength(builder.Length + (long)text.Length + separator.Length);
            builder.Append(text);
            context.Charge(text.Length + separator.Length);
            context.Step();
        }
        return builder.ToString();
    }

    private static List<object?> Attributes(TemplateContext context, object? items, object? attribute) =>
        attribute is null ? TemplateValues.Iterate(items, context) : TemplateValues.Iterate(items, context).ConvertAll(i => TemplateSequences.Path(i, attribute, context));

    private static string Text(TemplateContext context, TemplateArguments a)
    {
        var text = PythonText.Str(a[0], context);
        context.Charge(text.Length);
        return text;
    }

    private static string Strip(TemplateContext context, string text, string? characters)
    {
        context.Charge(text.Length);
        return TemplateMethods.TrimEnd(TemplateMethods.TrimStart(text, characters), characters).ToString();
    }

    private static long Length(TemplateContext context, object? value)
    {
        if (value is string text) context.Charge(text.Length);
        return value switch
        {
            string s => PythonText.Length(s),
            List<object?> list => list.Count,
            MapValue map => map.Count,
            UndefinedValue => 0,
            _ => throw new TemplateFault($"a value of the kind '{TemplateValues.TypeName(value)}' has no length"),
        };
    }

    private static object? Default(TemplateContext context, TemplateArguments a) =>
        a[0] is UndefinedValue || a.Flag(2, "boolean", false) && !TemplateValues.IsTrue(a[0]) ? a.Get(1, "default_value", "") : a[0];

    private static List<object?> Copy(TemplateContext context, List<object?> items)
    {
        context.ChargeAll(items.Count);
        return [.. items];
    }

    private static object Reverse(TemplateContext context, object? value)
    {
        var items = Copy(context, TemplateValues.Iterate(value, context));
        items.Reverse();
        return value is string ? string.Concat(items) : items;
    }

    private static MapValue Named(TemplateArguments a)
    {
        var map = new MapValue();
        foreach (var (name, value) in a.Named) map[name] = value;
        return map;
    }

    private static string Escape(TemplateContext context, string text)
    {
        context.ChargeText(text.Length * 5L);
        return text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("'", "&#39;").Replace("\"", "&#34;");
    }

    // transformers' tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False), which replaces Jinja's: by place, the first option is not the indent.
    private static string ToJson(TemplateContext context, TemplateArguments a)
    {
        var indent = a.Get(2, "indent") switch
        {
            null => null,
            bool flag => flag ? " " : "",
            long width when width <= 1000 => new string(' ', (int)Math.Max(0, width)),
            string text => text,
            _ => throw new TemplateFault("'tojson' expects an indent up to 1000 or a text"),
        };
        var (item, key) = a.Get(3, "separators") switch
        {
            null => (indent is null ? ", " : ",", ": "), // json.dumps: no space at a line's end
            List<object?> { Count: 2 } pair when pair[0] is string one && pair[1] is string two => (one, two),
            _ => throw new TemplateFault("'tojson' expects two texts for 'separators'"),
        };
        return new PythonJson(context, indent, item, key, a.Flag(4, "sort_keys", false), a.Flag(1, "ensure_ascii", false)).Write(a[0]);
    }

    private static string Indent(TemplateContext context, TemplateArguments a)
    {
        var pad = a.Get(1, "width", 4L) is string own ? own : new string(' ', (int)Math.Clamp(a.Integer(1, "width", 4), 0, 1000));
        var (first, blank) = (a.Flag(2, "first", false), a.Flag(3, "blank", false));
        var lines = Text(context, a).Split('\n');
        context.ChargeText(lines.Sum(l => (long)l.Length) + lines.Length * (pad.Length + 1L));
        return string.Join('\n', lines.Select((line, i) => i == 0 ? first ? pad + line : line : blank || line.Length > 0 ? pad + line : line));
    }

    private static string Truncate(TemplateContext context, TemplateArguments a)
    {
        var text = Text(context, a);
        var (length, whole, end, leeway) = (a.Integer(1, "length", 255), a.Flag(2, "killwords", false), a.Text(3, "end", "..."), a.Integer(4, "leeway", 5));
        if (PythonText.Length(text) <= length + leeway || length < end.Length) return text;
        var cut = (string)TemplateMembers.Slice(text, 0L, length - end.Length, null, context)!;
        return (whole || cut.LastIndexOf(' ') < 0 ? cut : cut[..cut.LastIndexOf(' ')]) + end;
    }
}
