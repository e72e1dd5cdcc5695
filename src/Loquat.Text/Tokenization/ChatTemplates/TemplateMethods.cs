namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Methods of text, lists and mappings, named as in Python. Methods that change a value are closed, as in Hugging Face's sandbox.</summary>
internal static class TemplateMethods
{
    private static readonly Dictionary<string, TemplateFunction> Text = new(StringComparer.Ordinal)
    {
        ["upper"] = (c, a) => Charged(c, PythonText.Upper(S(a))),
        ["lower"] = (c, a) => Charged(c, S(a).ToLowerInvariant()),
        ["casefold"] = (c, a) => Charged(c, S(a).ToLowerInvariant()),
        ["capitalize"] = (c, a) => Charged(c, Capitalize(S(a))),
        ["title"] = (c, a) => Charged(c, Title(S(a))),
        ["strip"] = (c, a) => Charged(c, TrimEnd(TrimStart(S(a), Set(a)), Set(a)).ToString()),
        ["lstrip"] = (c, a) => Charged(c, TrimStart(S(a), Set(a)).ToString()),
        ["rstrip"] = (c, a) => Charged(c, TrimEnd(S(a), Set(a)).ToString()),
        ["startswith"] = (_, a) => Affixes(a).Any(p => S(a).StartsWith(p, StringComparison.Ordinal)),
        ["endswith"] = (_, a) => Affixes(a).Any(p => S(a).EndsWith(p, StringComparison.Ordinal)),
        ["removeprefix"] = (c, a) => Charged(c, S(a).StartsWith(a.Text(1, "prefix"), StringComparison.Ordinal) ? S(a)[a.Text(1, "prefix").Length..] : S(a)),
        ["removesuffix"] = (c, a) => Charged(c, S(a).EndsWith(a.Text(1, "suffix"), StringComparison.Ordinal) ? S(a)[..^a.Text(1, "suffix").Length] : S(a)),
        ["replace"] = (c, a) => Replace(c, S(a), a.Text(1, "old"), a.Text(2, "new"), a.Integer(3, "count", -1)),
        ["split"] = (c, a) => TemplateSplit.Split(c, S(a), a.Get(1, "sep") as string, a.Integer(2, "maxsplit", -1)),
        ["rsplit"] = (c, a) => TemplateSplit.SplitFromEnd(c, S(a), a.Get(1, "sep") as string, a.Integer(2, "maxsplit", -1)),
        ["splitlines"] = (c, a) => TemplateSplit.Lines(c, S(a), a.Flag(1, "keepends", false)),
        ["partition"] = (c, a) => Partition(c, S(a), a.Text(1, "sep"), last: false),
        ["rpartition"] = (c, a) => Partition(c, S(a), a.Text(1, "sep"), last: true),
        ["join"] = (c, a) => TemplateFilters.Join(c, TemplateValues.Iterate(a[1], c), S(a)),
        ["count"] = (c, a) => (long)Count(c, S(a), a.Text(1, "sub")),
        ["find"] = (c, a) => Find(c, S(a), a.Text(1, "sub"), last: false),
        ["rfind"] = (c, a) => Find(c, S(a), a.Text(1, "sub"), last: true),
        ["index"] = (c, a) => Find(c, S(a), a.Text(1, "sub"), last: false) is >= 0 and var at ? at : throw new TemplateFault("'index': the text is not found"),
        ["isdigit"] = (c, a) => All(c, a, char.IsDigit),
        ["isnumeric"] = (c, a) => All(c, a, char.IsNumber),
        ["isdecimal"] = (c, a) => All(c, a, char.IsDigit),
        ["isalpha"] = (c, a) => All(c, a, char.IsLetter),
        ["isalnum"] = (c, a) => All(c, a, char.IsLetterOrDigit),
        ["isspace"] = (c, a) => All(c, a, PythonText.IsSpace),
        ["isupper"] = (c, a) => S(a).Any(char.IsUpper) && All(c, a, x => !char.IsLower(x)),
        ["islower"] = (c, a) => S(a).Any(char.IsLower) && All(c, a, x => !char.IsUpper(x)),
        ["zfill"] = (c, a) => Fill(c, S(a), a.Integer(1, "width"), S(a).StartsWith('-') ? 1 : 0),
        ["ljust"] = (c, a) => S(a) + Padding(c, S(a), a.Integer(1, "width"), a.Text(2, "fillchar", " ")),
        ["rjust"] = (c, a) => Padding(c, S(a), a.Integer(1, "width"), a.Text(2, "fillchar", " ")) + S(a),
        ["center"] = (c, a) => Center(c, S(a), a.Integer(1, "width"), a.Text(2, "fillchar", " ")),
        ["format"] = (c, a) => TemplateFormat.Braces(S(a), a, c),
    };

    private static readonly Dictionary<string, TemplateFunction> Mapping = new(StringComparer.Ordinal)
    {
        ["get"] = (_, a) => ((MapValue)a[0]!).TryGetValue(TemplateValues.Key(a[1]), out var value) ? value : a.Get(2, "default"),
        ["keys"] = (c, a) => TemplateValues.Iterate(a[0], c),
        ["values"] = (c, a) => Charged(c, ((MapValue)a[0]!).Values.ToList()),
        ["items"] = (c, a) => Pairs((MapValue)a[0]!, c),
        ["copy"] = (_, a) => a[0],
    };

    private static readonly Dictionary<string, TemplateFunction> Lists = new(StringComparer.Ordinal)
    {
        ["index"] = (c, a) => ((List<object?>)a[0]!).FindIndex(x => TemplateValues.AreEqual(x, a[1], c)) is >= 0 and var at ? (long)at : throw new TemplateFault("'index': the item is not in the list"),
        ["count"] = (c, a) => (long)((List<object?>)a[0]!).Count(x => TemplateValues.AreEqual(x, a[1], c)),
        ["copy"] = (_, a) => a[0],
    };

    private static readonly HashSet<string> Changing = new(StringComparer.Ordinal)
        { "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem" };

    public static FunctionValue? TryGet(object? target, string name)
    {
        var methods = target switch { string => Text, MapValue => Mapping, List<object?> => Lists, _ => null };
        if (methods is null) return null;
        if (methods.TryGetValue(name, out var method))
            return new(name, (context, arguments) => method(context, TemplateArguments.On(name, target, arguments.Positional, arguments.Named)));
        return target is not string && Changing.Contains(name) && !(target is MapValue map && map.ContainsKey(name))
            ? new(name, (_, _) => throw new TemplateFault($"'{name}' would change a value; templates may not (build a new one with '+', or use namespace())"))
            : null;
    }

    public static List<object?> Pairs(MapValue map, TemplateContext context)
    {
        context.ChargeAll(map.Count);
        return map.Select(p => (object?)new TupleValue([MapValue.KeyValue(p.Key), p.Value])).ToList();
    }

    public static string Capitalize(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Title(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
            span[i] = i == 0 || !char.IsLetter(source[i - 1]) ? char.ToUpperInvariant(source[i]) : char.ToLowerInvariant(source[i]);
    });

    public static string Replace(TemplateContext context, string text, string old, string with, long count)
    {
        context.Charge(text.Length);
        if (count == 0) return text;
        if (old.Length == 0)
        {
            context.ChargeText(text.Length + (text.Length + 1L) * with.Length);
            var pieces = TemplateValues.Iterate(text, context);
            return count < 0 || count > pieces.Count ? with + string.Concat(pieces.Select(p => p + with)) : throw new TemplateFault("'replace' of nothing with a count is not supported");
        }
        var found = Count(context, text, old);
        context.ChargeText(text.Length + found * (long)Math.Max(0, with.Length - old.Length));
        if (count < 0 || count >= found) return text.Replace(old, with, StringComparison.Ordinal);
        var builder = new System.Text.StringBuilder();
        var at = 0;
        for (var n = 0L; n < count; n++)
        {
            var next = text.IndexOf(old, at, StringComparison.Ordinal);
            builder.Append(text, at, next - at).Append(with);
            at = next + old.Length;
        }
        return builder.Append(text, at, text.Length - at).ToString();
    }

    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text, string? set) => set is null ? PythonText.TrimStart(text) : set.Length == 0 ? text : text.TrimStart(set);

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text, string? set) => set is null ? PythonText.TrimEnd(text) : set.Length == 0 ? text : text.TrimEnd(set);

    private static string? Set(TemplateArguments a) => a.Get(1, "chars") as string;

    private static string S(TemplateArguments a) => (string)a[0]!;

    private static string Charged(TemplateContext context, string text)
    {
        context.ChargeText(text.Length);
        return text;
    }

    private static List<object?> Charged(TemplateContext context, List<object?> list)
    {
        context.ChargeAll(list.Count);
        return list;
    }

    private static IEnumerable<string> Affixes(TemplateArguments a) =>
        a[1] is List<object?> several ? several.OfType<string>() : [a.Text(1, "prefix")];

    private static bool All(TemplateContext context, TemplateArguments a, Func<char, bool> test)
    {
        context.Charge(S(a).Length);
        return S(a).Length > 0 && S(a).All(test);
    }

    private static int Count(TemplateContext context, string text, string part)
    {
        context.Charge(text.Length);
        if (part.Length == 0) return PythonText.Length(text) + 1;
        var count = 0;
        for (var i = text.IndexOf(part, StringComparison.Ordinal); i >= 0; i = text.IndexOf(part, i + part.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static long Find(TemplateContext context, string text, string part, bool last)
    {
        context.Charge(text.Length);
        var at = last ? text.LastIndexOf(part, StringComparison.Ordinal) : text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1 : PythonText.Length(text[..at]);
    }

    private static TupleValue Partition(TemplateContext context, string text, string separator, bool last)
    {
        context.Charge(text.Length);
        if (separator.Length == 0) throw new TemplateFault("'partition' needs a separator");
        var at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? new([text[..at], separator, text[(at + separator.Length)..]]) : last ? new(["", "", text]) : new([text, "", ""]);
    }

    public static string Padding(TemplateContext context, string text, long width, string fill)
    {
        var missing = width - PythonText.Length(text);
        if (missing <= 0) return "";
        context.ChargeText(width);
        return new(fill.Length > 0 ? fill[0] : ' ', (int)missing);
    }

    private static string Fill(TemplateContext context, string text, long width, int sign) => text[..sign] + Padding(context, text, width, "0") + text[sign..];

    public static string Center(TemplateContext context, string text, long width, string fill)
    {
        var padding = Padding(context, text, width, fill);
        var left = padding.Length / 2 + (padding.Length & (int)width & 1);
        return padding[..left] + text + padding[left..];
    }
}
