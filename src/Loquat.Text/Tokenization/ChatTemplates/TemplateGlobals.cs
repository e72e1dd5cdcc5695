namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Names that every template sees.</summary>
internal static class TemplateGlobals
{
    private const int LongestRange = 100_000; // the sandbox of the reference has the same limit

    private static readonly Dictionary<string, FunctionValue> All = new FunctionValue[]
    {
        new("raise_exception", (c, a) => throw new TemplateFault($"the template refuses these messages: {PythonText.Str(a.Get(0, "message", ""), c)}")),
        new("strftime_now", (c, a) => Strftime.Format(c.Options.Time.GetLocalNow(), a.Text(0, "format"))),
        new("range", Range),
        new("namespace", (c, a) => Namespace(c, a)),
        new("dict", (c, a) => Map(c, a)),
        new("cycler", (_, a) => Cycler(a.Positional)),
        new("joiner", (_, a) => Joiner(a.Text(0, "sep", ", "))),
    }.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public static bool TryGet(string name, out FunctionValue? value) => All.TryGetValue(name, out value);

    private static List<object?> Range(TemplateContext context, TemplateArguments a)
    {
        var (start, stop) = a.Count > 1 ? (a.Integer(0, "start"), a.Integer(1, "stop")) : (0L, a.Integer(0, "stop"));
        var step = a.Integer(2, "step", 1);
        if (step == 0) throw new TemplateFault("'range' cannot go in steps of 0");
        var count = step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step;
        if (count > LongestRange) throw new TemplateFault($"'range' would give {count} numbers, more than {LongestRange}");
        context.ChargeAll((long)Int128.Max(0, count));
        var items = new List<object?>();
        for (var i = 0; i < count; i++) items.Add(start + i * step);
        return items;
    }

    private static NamespaceValue Namespace(TemplateContext context, TemplateArguments a)
    {
        var space = new NamespaceValue();
        foreach (var (key, value) in Map(context, a)) space.Items[key as string ?? PythonText.Str(key, context)] = value;
        return space;
    }

    private static MapValue Map(TemplateContext context, TemplateArguments a)
    {
        var map = new MapValue();
        if (a.Count > 0)
        {
            if (a[0] is MapValue source)
                foreach (var (key, value) in source) map[key] = value;
            else
                foreach (var pair in TemplateValues.Iterate(a[0], context))
                    map[TemplateValues.Key(TemplateMembers.Item(pair, 0L, context))] = TemplateMembers.Item(pair, 1L, context);
            context.ChargeAll(map.Count);
        }
        foreach (var (name, value) in a.Named) map[name] = value;
        return map;
    }

    private static NamespaceValue Cycler(List<object?> items)
    {
        if (items.Count == 0) throw new TemplateFault("'cycler' needs at least one value");
        var at = 0;
        var cycler = new NamespaceValue();
        cycler.Items["next"] = new FunctionValue("next", (_, _) => items[at++ % items.Count]);
        return cycler;
    }

    private static FunctionValue Joiner(string separator)
    {
        var used = false;
        return new("joiner", (_, _) =>
        {
            var text = used ? separator : "";
            used = true;
            return text;
        });
    }
}
