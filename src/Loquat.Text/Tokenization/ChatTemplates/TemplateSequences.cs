namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Filters on lists: map, select, sort and their like.</summary>
internal static class TemplateSequences
{
    public static object? Map(TemplateContext context, TemplateArguments a)
    {
        var items = TemplateValues.Iterate(a[0], context);
        if (a.Named.TryGetValue("attribute", out var attribute))
        {
            var has = a.Named.TryGetValue("default", out var fallback);
            return items.ConvertAll(i => Path(i, attribute, context) is var v && v is UndefinedValue && has ? fallback : v);
        }
        var name = a.Text(1, "filter");
        if (!TemplateFilters.TryGet(name, out var filter)) throw new TemplateFault($"'map': there is no filter '{name}'");
        return items.ConvertAll(i => filter(context, TemplateArguments.On(name, i, a.Positional.Skip(2), a.Named)));
    }

    public static object? Select(TemplateContext context, TemplateArguments a, bool keep, bool byAttribute)
    {
        var nameAt = byAttribute ? 2 : 1;
        TemplateFunction? test = null;
        if (a.Count > nameAt && !TemplateTests.TryGet(a.Text(nameAt, "test"), out test))
            throw new TemplateFault($"'{a.Function}': there is no test '{a[nameAt]}'");
        return TemplateValues.Iterate(a[0], context).FindAll(item =>
        {
            context.Step();
            var value = byAttribute ? Path(item, a[1], context) : item;
            var passes = test is null ? value : test(context, TemplateArguments.On(a.Function, value, a.Positional.Skip(nameAt + 1), a.Named));
            return TemplateValues.IsTrue(passes) == keep;
        });
    }

    /// <summary>"a.b.0": attribute after attribute.</summary>
    public static object? Path(object? item, object? path, TemplateContext context)
    {
        context.Step();
        if (path is null) return item;
        if (path is not string text) return TemplateMembers.Item(item, path, context);
        foreach (var part in text.Split('.'))
            item = TemplateMembers.Item(item, long.TryParse(part, out var index) ? index : part, context);
        return item;
    }

    public static object? Sort(TemplateContext context, TemplateArguments a)
    {
        var (caseSensitive, attribute) = (a.Flag(2, "case_sensitive", false), a.Get(3, "attribute"));
        var items = Ordered(TemplateValues.Iterate(a[0], context), i => Folded(Path(i, attribute, context), caseSensitive), context);
        if (a.Flag(1, "reverse", false)) items = Descending(TemplateValues.Iterate(a[0], context), i => Folded(Path(i, attribute, context), caseSensitive), context);
        return items;
    }

    public static object? SortMap(TemplateContext context, TemplateArguments a)
    {
        if (a[0] is not MapValue map) throw new TemplateFault("'dictsort' needs a mapping");
        var place = a.Text(2, "by", "key") == "value" ? 1 : 0;
        object? Key(object? pair) => Folded(((TupleValue)pair!)[place], a.Flag(1, "case_sensitive", false));
        var pairs = TemplateMethods.Pairs(map, context);
        return a.Flag(3, "reverse", false) ? Descending(pairs, Key, context) : Ordered(pairs, Key, context);
    }

    public static object? Unique(TemplateContext context, TemplateArguments a)
    {
        var (seen, result) = (new List<object?>(), new List<object?>());
        foreach (var item in TemplateValues.Iterate(a[0], context))
        {
            var key = Folded(Path(item, a.Get(2, "attribute"), context), a.Flag(1, "case_sensitive", false));
            if (TemplateOperators.Contains(seen, key, context)) continue;
            seen.Add(key);
            result.Add(item);
        }
        return result;
    }

    public static object? GroupBy(TemplateContext context, TemplateArguments a)
    {
        var attribute = a.Get(1, "attribute");
        var groups = new List<object?>();
        foreach (var item in Ordered(TemplateValues.Iterate(a[0], context), i => Path(i, attribute, context), context))
        {
            var key = Path(item, attribute, context);
            if (groups.Count > 0 && ((TupleValue)groups[^1]!) is var last && TemplateValues.AreEqual(last[0], key, context)) ((List<object?>)last[1]!).Add(item);
            else groups.Add(new TupleValue([key, new List<object?> { item }]));
        }
        return groups;
    }

    public static object? Batch(TemplateContext context, TemplateArguments a)
    {
        var size = a.Integer(1, "linecount");
        if (size is < 1 or > int.MaxValue) throw new TemplateFault("'batch' needs a size of at least 1");
        return TemplateValues.Iterate(a[0], context).Chunk((int)size).Select(chunk =>
        {
            var row = chunk.ToList();
            context.ChargeAll(a.Has(2, "fill_with") ? size : row.Count);
            while (a.Has(2, "fill_with") && row.Count < size) row.Add(a.Get(2, "fill_with"));
            return (object?)row;
        }).ToList();
    }

    public static object? Sum(TemplateContext context, TemplateArguments a)
    {
        var total = a.Get(2, "start", 0L);
        foreach (var item in TemplateValues.Iterate(a[0], context)) total = TemplateOperators.Binary("+", total, Path(item, a.Get(1, "attribute"), context), context);
        return total;
    }

    public static object? Extreme(TemplateContext context, TemplateArguments a, int sign)
    {
        var items = TemplateValues.Iterate(a[0], context);
        if (items.Count == 0) return new UndefinedValue("an item of an empty list");
        object? Key(object? item) => Folded(Path(item, a.Get(2, "attribute"), context), a.Flag(1, "case_sensitive", false));
        var best = items[0];
        foreach (var item in items)
            if (TemplateValues.Compare(Key(item), Key(best), context) * sign > 0) best = item;
        return best;
    }

    private static object? Folded(object? value, bool caseSensitive) => value is string text && !caseSensitive ? text.ToLowerInvariant() : value;

    private static List<object?> Ordered(List<object?> items, Func<object?, object?> key, TemplateContext context) =>
        [.. items.OrderBy(key, Comparer<object?>.Create((x, y) => TemplateValues.Compare(x, y, context)))];

    private static List<object?> Descending(List<object?> items, Func<object?, object?> key, TemplateContext context) =>
        [.. items.OrderByDescending(key, Comparer<object?>.Create((x, y) => TemplateValues.Compare(x, y, context)))];
}
