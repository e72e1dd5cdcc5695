namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>a.b, a[b] and a[b:c:d].</summary>
internal static class TemplateMembers
{
    /// <summary>a.b: a method of the value, else what it holds under that name, else undefined.</summary>
    public static object? Attribute(object? target, string name)
    {
        if (target is UndefinedValue missing) throw new TemplateFault($"'{missing.Name}' is not defined, so it has no '{name}'");
        if (name.StartsWith('_')) return new UndefinedValue(name); // private names are closed, as in the reference's sandbox
        return TemplateMethods.TryGet(target, name) ?? target switch
        {
            MapValue map when map.TryGetValue(name, out var value) => value,
            NamespaceValue space when space.Items.TryGetValue(name, out var value) => value,
            LoopValue loop => loop.Attribute(name),
            _ => new UndefinedValue(name),
        };
    }

    /// <summary>a[b]: what the value holds under that key or at that place, else a method of that name, else undefined.</summary>
    public static object? Item(object? target, object? index, TemplateContext context)
    {
        switch (target)
        {
            case UndefinedValue missing: throw new TemplateFault($"'{missing.Name}' is not defined, so it has no item");
            case MapValue map when index is not (List<object?> or MapValue or UndefinedValue) && map.TryGetValue(TemplateValues.Key(index), out var value): return value;
            case List<object?> list when index is long at:
                if (at < 0) at += list.Count;
                return at >= 0 && at < list.Count ? list[(int)at] : new UndefinedValue($"item {index}");
            case string text when index is long at:
                context.Charge(text.Length);
                var starts = PythonText.CodePointStarts(text);
                var length = starts is null ? text.Length : starts.Length - 1;
                if (at < 0) at += length;
                if (at < 0 || at >= length) return new UndefinedValue($"item {index}");
                return starts is null ? text[(int)at].ToString() : text[starts[at]..starts[at + 1]];
        }
        return index is string name ? Attribute(target, name) : new UndefinedValue(PythonText.Str(index, context));
    }

    public static object? Slice(object? target, object? start, object? stop, object? step, TemplateContext context)
    {
        if (target is string text)
        {
            context.Charge(text.Length);
            var starts = PythonText.CodePointStarts(text);
            var (from, count, by) = Bounds(starts is null ? text.Length : starts.Length - 1, start, stop, step);
            if (by == 1) return starts is null ? text.Substring((int)from, (int)count) : text[starts[from]..starts[from + count]];
            return string.Concat(Places(from, count, by).Select(i => starts is null ? text[i].ToString() : text[starts[i]..starts[i + 1]]));
        }
        if (target is List<object?> list)
        {
            var (from, count, by) = Bounds(list.Count, start, stop, step);
            context.ChargeAll(count);
            var items = Places(from, count, by).Select(i => list[i]);
            return target is TupleValue ? new TupleValue(items) : items.ToList();
        }
        throw new TemplateFault($"a value of the kind '{TemplateValues.TypeName(target)}' cannot be sliced");
    }

    private static IEnumerable<int> Places(long from, long count, long by)
    {
        for (var i = 0L; i < count; i++) yield return (int)(from + i * by);
    }

    // Python's slice.indices, then the number of items.
    private static (long From, long Count, long By) Bounds(int length, object? start, object? stop, object? step)
    {
        var by = Bound(step) ?? 1;
        if (by == 0) throw new TemplateFault("the step of a slice cannot be 0");
        by = Math.Clamp(by, -int.MaxValue, int.MaxValue);
        var (lowest, highest) = by < 0 ? (-1L, length - 1L) : (0L, length);
        var from = Clip(Bound(start), by < 0 ? highest : lowest);
        var to = Clip(Bound(stop), by < 0 ? lowest : highest);
        var count = by < 0 ? (from - to - by - 1) / -by : (to - from + by - 1) / by;
        return (count > 0 ? from : 0, Math.Max(0, count), by);

        long Clip(long? value, long fallback) => value is not { } v ? fallback : Math.Clamp(v < 0 ? v + length : v, lowest, highest);
    }

    private static long? Bound(object? value) => value switch
    {
        null => null,
        long i => Math.Clamp(i, -int.MaxValue, int.MaxValue),
        bool b => b ? 1 : 0,
        _ => throw new TemplateFault($"a slice is bounded by integers, not by a value of the kind '{TemplateValues.TypeName(value)}'"),
    };
}
