using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>"%s" % x and "{}".format(x), in the simple forms that templates use: no width, no alignment.</summary>
internal static class TemplateFormat
{
    public static string Percent(string format, object? values, TemplateContext context)
    {
        var several = values as TupleValue;
        var (result, next) = (new StringBuilder(), 0);
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }
            if (++i >= format.Length) throw new TemplateFault("'%' at the end of a format");
            if (format[i] == '%')
            {
                result.Append('%');
                continue;
            }
            object? value;
            if (format[i] == '(' && format.IndexOf(')', i) is > 0 and var close && values is MapValue map)
            {
                var key = format[(i + 1)..close];
                value = map.TryGetValue(key, out var item) ? item : throw new TemplateFault($"the format names '{key}', which is not given");
                i = Math.Min(close + 1, format.Length - 1);
            }
            else value = several is null ? next++ == 0 ? values : throw new TemplateFault("the format has more places than values") : several.Count > next ? several[next++] : throw new TemplateFault("the format has more places than values");
            result.Append(format[i] switch
            {
                's' => PythonText.Str(value, context),
                'r' => Repr(value, context),
                'd' or 'i' when TemplateValues.AsNumber(value) is { } number => (number is long integer ? integer : (long)(double)number).ToString(),
                'f' when TemplateValues.AsNumber(value) is { } number => TemplateValues.ToDouble(number).ToString("F6"),
                'd' or 'i' or 'f' => throw new TemplateFault($"'%{format[i]}' needs a number, not a value of the kind '{TemplateValues.TypeName(value)}'"),
                _ => throw new TemplateFault($"the format '%{format[i]}' is not supported: use %s, %r, %d or %f"),
            });
            context.CheckLength(result.Length);
        }
        context.Charge(result.Length);
        return result.ToString();
    }

    public static string Braces(string format, TemplateArguments arguments, TemplateContext context)
    {
        var (result, next) = (new StringBuilder(), 1);
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] is '{' or '}' && i + 1 < format.Length && format[i + 1] == format[i]) result.Append(format[i++]);
            else if (format[i] == '{')
            {
                var end = format.IndexOf('}', i);
                if (end < 0) throw new TemplateFault("'{' without '}' in a format");
                var name = format[(i + 1)..end];
                var value = name.Length == 0 ? arguments[next++]
                    : int.TryParse(name, out var place) && place >= 0 ? arguments[place + 1]
                    : arguments.Named.TryGetValue(name, out var named) ? named
                    : throw new TemplateFault($"the format's place '{{{name}}}' has no value (forms with ':' or '.' are not supported)");
                result.Append(PythonText.Str(value, context));
                i = end;
            }
            else result.Append(format[i]);
            context.CheckLength(result.Length);
        }
        context.Charge(result.Length);
        return result.ToString();
    }

    public static string Repr(object? value, TemplateContext context)
    {
        var builder = new StringBuilder();
        PythonText.Repr(value, builder, context);
        return builder.ToString();
    }
}
