using System.Globalization;
using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>What Python's <c>str</c>, <c>repr</c> and <c>json.dumps</c> give, since templates were written against them.</summary>
internal static class PythonText
{
    /// <summary>Python's <c>str.isspace</c> for one UTF-16 unit.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return text[..end];
    }

    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start])) start++;
        return text[start..];
    }

    /// <summary>Length in code points, as Python counts; a lone surrogate counts as one.</summary>
    public static int Length(string text)
    {
        var count = text.Length;
        for (var i = 1; i < text.Length; i++)
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1])) count--;
        return count;
    }

    /// <summary>The UTF-16 index of every code point and the length at the end, or null where they are the same as the index.</summary>
    public static int[]? CodePointStarts(string text)
    {
        var count = Length(text);
        if (count == text.Length) return null;
        var starts = new int[count + 1];
        for (int i = 0, n = 0; i < text.Length; n++)
        {
            starts[n] = i;
            i += char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
        }
        starts[count] = text.Length;
        return starts;
    }

    /// <summary>str.upper: letters that become several are Unicode's SpecialCasing, which .NET leaves as they are.</summary>
    public static string Upper(string text)
    {
        text = text.ToUpperInvariant();
        if (!text.AsSpan().ContainsAny(GrowingLetters)) return text;
        foreach (var (letter, several) in Grown) text = text.Replace(letter, several);
        return text;
    }

    private static readonly (string Letter, string Several)[] Grown =
    [
        ("\u00df", "SS"), ("\u0149", "\u02bcN"), ("\u01f0", "J\u030c"), ("\u0587", "\u0535\u0552"), ("\ufb00", "FF"), ("\ufb01", "FI"),
        ("\ufb02", "FL"), ("\ufb03", "FFI"), ("\ufb04", "FFL"), ("\ufb05", "ST"), ("\ufb06", "ST"),
    ];

    private static readonly System.Buffers.SearchValues<char> GrowingLetters = System.Buffers.SearchValues.Create(string.Concat(Grown.Select(g => g.Letter)));

    public static string Float(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        var magnitude = Math.Abs(value);
        if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16))
        {
            var text = value.ToString("R", CultureInfo.InvariantCulture);
            if (!text.Contains('E')) text = value.ToString("0.################e+00", CultureInfo.InvariantCulture);
            var at = text.IndexOf('E', StringComparison.OrdinalIgnoreCase);
            var exponent = int.Parse(text[(at + 1)..], NumberStyles.AllowLeadingSign);
            return $"{text[..at]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        var plain = value.ToString("R", CultureInfo.InvariantCulture);
        return plain.Contains('.') ? plain : plain + ".0";
    }

    /// <summary>Python's <c>str(value)</c>.</summary>
    public static string Str(object? value, TemplateContext context)
    {
        if (value is string text) return text;
        var builder = new StringBuilder();
        Repr(value, builder, context, top: true);
        return builder.ToString();
    }

    public static void Repr(object? value, StringBuilder builder, TemplateContext context, bool top = false)
    {
        context.Step();
        switch (value)
        {
            case null: builder.Append("None"); break;
            case UndefinedValue missing when context.Options.StrictUndefined: throw new TemplateFault($"'{missing.Name}' is not there");
            case UndefinedValue: builder.Append(top ? "" : "Undefined"); break;
            case bool b: builder.Append(b ? "True" : "False"); break;
            case long i: builder.Append(i); break;
            case double d: builder.Append(Float(d)); break;
            case string s: Quote(s, builder); break;
            case TupleValue tuple: Items(tuple, "(", tuple.Count == 1 ? ",)" : ")", builder, context); break;
            case List<object?> list: Items(list, "[", "]", builder, context); break;
            case MapValue map:
                builder.Append('{');
                var first = true;
                foreach (var (key, item) in map)
                {
                    if (!first) builder.Append(", ");
                    first = false;
                    Repr(MapValue.KeyValue(key), builder, context);
                    builder.Append(": ");
                    Repr(item, builder, context);
                }
                builder.Append('}');
                break;
            default: builder.Append('<').Append(TemplateValues.TypeName(value)).Append('>'); break;
        }
        context.CheckLength(builder.Length);
    }

    private static void Items(List<object?> items, string open, string close, StringBuilder builder, TemplateContext context)
    {
        builder.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) builder.Append(", ");
            Repr(items[i], builder, context);
        }
        builder.Append(close);
    }

    private static void Quote(string text, StringBuilder builder)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        builder.Append(quote);
        foreach (var c in text)
            _ = c switch
            {
                '\n' => builder.Append("\\n"),
                '\r' => builder.Append("\\r"),
                '\t' => builder.Append("\\t"),
                '\\' => builder.Append("\\\\"),
                _ when c == quote => builder.Append('\\').Append(c),
                < ' ' or (>= '\u007f' and < '\u00a1') or '\u00ad' => builder.Append($"\\x{(int)c:x2}"),
                _ => builder.Append(c),
            };
        builder.Append(quote);
    }
}
