using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>A name, key or index that is not there. It prints as nothing and is false; using what it would hold is an error.</summary>
internal sealed record UndefinedValue(string Name);

/// <summary>A Python tuple: prints with round brackets, else a list.</summary>
internal sealed class TupleValue(IEnumerable<object?> items) : List<object?>(items);

/// <summary>A Python dict: keeps the order of its keys.</summary>
internal sealed class MapValue() : OrderedDictionary<object, object?>(KeyComparer.Instance)
{
    /// <summary>The key None: a dictionary of .NET has no null.</summary>
    public static object None { get; } = new();

    /// <summary>The value that a key is.</summary>
    public static object? KeyValue(object key) => ReferenceEquals(key, None) ? null : key;

    /// <summary>Python's equality: True, 1 and 1.0 are one key, which stays as it was written first.</summary>
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static KeyComparer Instance { get; } = new();

        public new bool Equals(object? a, object? b) => Folded(a!).Equals(Folded(b!));

        public int GetHashCode(object key) => Folded(key).GetHashCode();

        private static object Folded(object key) => key switch
        {
            bool b => (object)(b ? 1L : 0L),
            double d when d == Math.Floor(d) && Math.Abs(d) < 1e15 => (object)(long)d,
            _ => key,
        };
    }
}

/// <summary>What <c>namespace()</c> gives: the one value whose attributes <c>set</c> may change.</summary>
internal sealed class NamespaceValue
{
    public Dictionary<string, object?> Items { get; } = new(StringComparer.Ordinal);
}

/// <summary>A function, method or macro.</summary>
internal sealed record FunctionValue(string Name, Func<TemplateContext, TemplateArguments, object?> Invoke);

/// <summary>
/// The values of a template: null (None), bool, long, double, string, List (list), <see cref="TupleValue"/>, <see cref="MapValue"/>,
/// <see cref="NamespaceValue"/>, <see cref="FunctionValue"/>, <see cref="LoopValue"/> and <see cref="UndefinedValue"/>, with Python's rules.
/// </summary>
internal static class TemplateValues
{
    public static bool IsTrue(object? value) => value switch
    {
        null or UndefinedValue => false,
        bool b => b,
        long i => i != 0,
        double d => d != 0,
        string s => s.Length > 0,
        List<object?> list => list.Count > 0,
        MapValue map => map.Count > 0,
        _ => true,
    };

    public static string TypeName(object? value) => value switch
    {
        null => "none",
        UndefinedValue => "undefined",
        bool => "boolean",
        long => "integer",
        double => "float",
        string => "string",
        TupleValue => "tuple",
        List<object?> => "list",
        MapValue => "mapping",
        NamespaceValue => "namespace",
        LoopValue => "loop",
        _ => "function",
    };

    public static bool AreEqual(object? a, object? b, TemplateContext context)
    {
        context.Step();
        switch (a, b)
        {
            case (string x, string y):
                context.Charge(x.Length);
                return x == y;
            case (UndefinedValue, UndefinedValue): return true;
            case (TupleValue, List<object?> y) when y is not TupleValue: return false;
            case (List<object?>, TupleValue) when a is not TupleValue: return false;
            case (List<object?> x, List<object?> y):
                if (x.Count != y.Count) return false;
                for (var i = 0; i < x.Count; i++)
                    if (!AreEqual(x[i], y[i], context)) return false;
                return true;
            case (MapValue x, MapValue y):
                if (x.Count != y.Count) return false;
                foreach (var (key, item) in x)
                    if (!y.TryGetValue(key, out var other) || !AreEqual(item, other, context)) return false;
                return true;
            default:
                return AsNumber(a) is { } m && AsNumber(b) is { } n
                    ? m is long i1 && n is long i2 ? i1 == i2 : ToDouble(m) == ToDouble(n)
                    : ReferenceEquals(a, b);
        }
    }

    /// <summary>The value as long or double; null for what is no number. Booleans count as 0 and 1.</summary>
    public static object? AsNumber(object? value) => value switch { bool b => (object)(b ? 1L : 0L), long or double => value, _ => null };

    public static double ToDouble(object number) => number is long i ? i : (double)number;

    /// <summary>Less than zero, zero or more, for two numbers, two strings or two lists.</summary>
    public static int Compare(object? a, object? b, TemplateContext context)
    {
        context.Step();
        if (AsNumber(a) is { } m && AsNumber(b) is { } n)
            return m is long i && n is long j ? i.CompareTo(j) : ToDouble(m).CompareTo(ToDouble(n));
        if (a is string x && b is string y)
        {
            context.Charge(Math.Min(x.Length, y.Length));
            return ComparePoints(x, y);
        }
        if (a is List<object?> p && b is List<object?> q)
        {
            for (var k = 0; k < Math.Min(p.Count, q.Count); k++)
                if (!AreEqual(p[k], q[k], context)) return Compare(p[k], q[k], context);
            return p.Count.CompareTo(q.Count);
        }
        throw new TemplateFault($"a value of the kind '{TypeName(a)}' cannot be ordered against one of the kind '{TypeName(b)}'");
    }

    // Python orders by code point; UTF-16 puts U+E000..U+FFFF after the surrogates.
    private static int ComparePoints(string x, string y)
    {
        var i = x.AsSpan().CommonPrefixLength(y);
        if (i == x.Length || i == y.Length) return x.Length.CompareTo(y.Length);
        return (char.IsSurrogate(x[i]), char.IsSurrogate(y[i])) switch
        {
            (true, false) => 1,
            (false, true) => -1,
            _ => x[i].CompareTo(y[i]),
        };
    }

    /// <summary>The items of something a loop can run over: a list, the keys of a mapping, the characters of a string.</summary>
    public static List<object?> Iterate(object? value, TemplateContext context)
    {
        switch (value)
        {
            case List<object?> list: return list;
            case UndefinedValue: return [];
            case MapValue map:
                context.Charge(map.Count);
                return [.. map.Keys.Select(MapValue.KeyValue)];
            case string text:
                context.ChargeAll(text.Length);
                var items = new List<object?>(text.Length);
                for (var i = 0; i < text.Length; i++)
                    items.Add(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? text.Substring(i++, 2) : text[i].ToString());
                return items;
            default: throw new TemplateFault($"a value of the kind '{TypeName(value)}' has no items to go through");
        }
    }

    /// <summary>A value as the key of a mapping.</summary>
    public static object Key(object? value) => value switch
    {
        string or long or bool or double => value,
        null => MapValue.None,
        _ => throw new TemplateFault($"a value of the kind '{TypeName(value)}' cannot be a key"),
    };

    public static object? FromJson(JsonNode? node) => node switch
    {
        null => null,
        JsonObject o => Map(o),
        JsonArray a => a.Select(FromJson).ToList(),
        JsonValue v => v.GetValueKind() switch
        {
            JsonValueKind.String => v.GetValue<string>(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => Number(v),
            _ => null,
        },
        _ => null,
    };

    // The text decides: 1.0 is a float in Python and 1 an integer.
    private static object Number(JsonValue value) =>
        long.TryParse(value.ToJsonString(), System.Globalization.NumberStyles.AllowLeadingSign, null, out var integer)
            ? (object)integer
            : double.Parse(value.ToJsonString(), System.Globalization.NumberStyles.Float, null);

    private static MapValue Map(JsonObject source)
    {
        var map = new MapValue();
        foreach (var (key, item) in source) map[key] = FromJson(item);
        return map;
    }
}
