using System.Globalization;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Filters on numbers: int, float, abs, round.</summary>
internal static class TemplateNumbers
{
    public static object? ToInteger(object? value, object? fallback, long radix) => value switch
    {
        bool b => (object)(b ? 1L : 0L),
        long => value,
        double d when double.IsFinite(d) && Math.Abs(d) < 9.2e18 => (long)d,
        string text when radix == 10 && long.TryParse(text.Trim().Replace("_", ""), NumberStyles.AllowLeadingSign, null, out var integer) => integer,
        string text when radix == 10 && double.TryParse(text.Trim(), NumberStyles.Float, null, out var real) && Math.Abs(real) < 9.2e18 => (long)real,
        string text when radix == 16 && long.TryParse(text.Trim().Replace("0x", "", StringComparison.OrdinalIgnoreCase), NumberStyles.AllowHexSpecifier, null, out var hex) => hex,
        _ => fallback,
    };

    public static object? ToFloat(object? value, object? fallback) => value switch
    {
        bool b => (object)(b ? 1.0 : 0.0),
        long i => (double)i,
        double => value,
        string text when double.TryParse(text.Trim(), NumberStyles.Float, null, out var real) => real,
        _ => fallback,
    };

    public static object Absolute(object? value) => TemplateValues.AsNumber(value) switch
    {
        long i => i == long.MinValue ? throw new TemplateFault("the number does not fit in 64 bits") : (object)Math.Abs(i),
        double d => Math.Abs(d),
        _ => throw new TemplateFault($"'abs' needs a number, not a value of the kind '{TemplateValues.TypeName(value)}'"),
    };

    public static object Round(object? value, int digits, string method)
    {
        if (TemplateValues.AsNumber(value) is not { } number) throw new TemplateFault($"'round' needs a number, not a value of the kind '{TemplateValues.TypeName(value)}'");
        var scale = Math.Pow(10, digits);
        var d = TemplateValues.ToDouble(number);
        return method switch
        {
            "common" => (object)(digits >= 0 ? Math.Round(d, digits, MidpointRounding.ToEven) : Math.Round(d * scale, MidpointRounding.ToEven) / scale),
            "ceil" => Math.Ceiling(d * scale) / scale,
            "floor" => Math.Floor(d * scale) / scale,
            _ => throw new TemplateFault($"'round' knows the methods 'common', 'ceil' and 'floor', not '{method}'"),
        };
    }
}
