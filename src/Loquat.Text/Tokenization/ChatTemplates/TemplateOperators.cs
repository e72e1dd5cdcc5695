namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Operators with Python's rules for numbers, text and lists.</summary>
internal static class TemplateOperators
{
    public static bool Compare(string op, object? left, object? right, TemplateContext context) => op switch
    {
        "==" => TemplateValues.AreEqual(left, right, context),
        "!=" => !TemplateValues.AreEqual(left, right, context),
        "in" => Contains(right, left, context),
        "not in" => !Contains(right, left, context),
        "<" => TemplateValues.Compare(left, right, context) < 0,
        "<=" => TemplateValues.Compare(left, right, context) <= 0,
        ">" => TemplateValues.Compare(left, right, context) > 0,
        _ => TemplateValues.Compare(left, right, context) >= 0,
    };

    public static bool Contains(object? container, object? item, TemplateContext context)
    {
        switch (container)
        {
            case string text:
                if (item is not string part) throw new TemplateFault($"'in' looks for text in text, not for a value of the kind '{TemplateValues.TypeName(item)}'");
                context.Charge(text.Length);
                return text.Contains(part, StringComparison.Ordinal);
            case List<object?> list:
                foreach (var other in list)
                    if (TemplateValues.AreEqual(other, item, context)) return true;
                return false;
            case MapValue map: return map.ContainsKey(TemplateValues.Key(item));
            case UndefinedValue: return false;
            default: throw new TemplateFault($"a value of the kind '{TemplateValues.TypeName(container)}' has no members for 'in'");
        }
    }

    public static object? Binary(string op, object? left, object? right, TemplateContext context)
    {
        switch (op)
        {
            case "~": return Join(PythonText.Str(left, context), PythonText.Str(right, context), context);
            case "+" when left is string a && right is string b: return Join(a, b, context);
            case "+" when left is List<object?> a && right is List<object?> b && left is TupleValue == right is TupleValue:
                context.ChargeAll(a.Count + (long)b.Count);
                return left is TupleValue ? new TupleValue(a.Concat(b)) : a.Concat(b).ToList();
            case "*" when left is string a && right is long n: return Repeat(a, n, context);
            case "*" when left is long n && right is string a: return Repeat(a, n, context);
            case "*" when left is List<object?> a && right is long n: return Repeat(a, n, context);
            case "%" when left is string format: return TemplateFormat.Percent(format, right, context);
        }
        if (TemplateValues.AsNumber(left) is not { } x || TemplateValues.AsNumber(right) is not { } y)
            throw new TemplateFault($"'{op}' cannot join a value of the kind '{TemplateValues.TypeName(left)}'{Name(left)} and one of the kind '{TemplateValues.TypeName(right)}'{Name(right)}");
        try
        {
            return x is long i && y is long j ? Integers(op, i, j) : Reals(op, TemplateValues.ToDouble(x), TemplateValues.ToDouble(y));
        }
        catch (OverflowException)
        {
            throw new TemplateFault($"{x} {op} {y} does not fit in 64 bits");
        }
    }

    private static string Name(object? value) => value is UndefinedValue missing ? $" ('{missing.Name}')" : "";

    private static string Join(string a, string b, TemplateContext context)
    {
        context.ChargeText(a.Length + (long)b.Length);
        return a + b;
    }

    private static string Repeat(string text, long times, TemplateContext context)
    {
        if (times <= 0 || text.Length == 0) return "";
        context.ChargeText(times > int.MaxValue ? long.MaxValue : text.Length * times);
        return string.Concat(Enumerable.Repeat(text, (int)times));
    }

    private static List<object?> Repeat(List<object?> list, long times, TemplateContext context)
    {
        if (times <= 0 || list.Count == 0) return [];
        context.ChargeAll(times > int.MaxValue ? context.Options.MaxSteps + 1 : list.Count * times);
        return Enumerable.Repeat(list, (int)times).SelectMany(l => l).ToList();
    }

    private static object Integers(string op, long x, long y)
    {
        if (y == 0 && op is ("/" or "//" or "%")) throw new TemplateFault($"{x} {op} 0: division by zero");
        return op switch
        {
            "+" => (object)checked(x + y),
            "-" => checked(x - y),
            "*" => checked(x * y),
            "/" => x / (double)y,
            "//" => Floor(x, y),
            "%" => y == -1 ? 0 : checked(x - Floor(x, y) * y),
            _ => Power(x, y),
        };
    }

    // Python rounds a quotient down, C# towards zero.
    private static long Floor(long x, long y) => y == -1 ? checked(-x) : x / y - (x % y != 0 && x < 0 != y < 0 ? 1 : 0);

    private static object Power(long x, long y)
    {
        if (y < 0) return Math.Pow(x, y);
        var result = 1L;
        for (var bit = 62; bit >= 0; bit--)
        {
            if (result is not 1 and not 0 || (y >> bit & 1) != 0) result = checked(result * result);
            if ((y >> bit & 1) != 0) result = checked(result * x);
        }
        return result;
    }

    private static double Reals(string op, double x, double y)
    {
        if (y == 0 && op is ("/" or "//" or "%")) throw new TemplateFault($"{x} {op} 0: division by zero");
        return op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Floor(x / y),
            "%" => x - Math.Floor(x / y) * y,
            _ => Math.Pow(x, y),
        };
    }
}
