using System.Globalization;
using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Python's <c>strftime</c> in the C locale; '%-d' and its like leave the padding off.</summary>
internal static class Strftime
{
    public static string Format(DateTimeOffset time, string format)
    {
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }
            var bare = format[i + 1] == '-' && i + 2 < format.Length;
            i += bare ? 2 : 1;
            var field = Field(time, format[i]);
            result.Append(bare && field.Length > 1 ? field.TrimStart('0', ' ') is { Length: > 0 } rest ? rest : "0" : field);
        }
        return result.ToString();
    }

    private static string Field(DateTimeOffset t, char code) => code switch
    {
        'Y' => t.Year.ToString("0000"),
        'y' => (t.Year % 100).ToString("00"),
        'm' => t.Month.ToString("00"),
        'd' => t.Day.ToString("00"),
        'e' => t.Day.ToString().PadLeft(2),
        'H' => t.Hour.ToString("00"),
        'I' => ((t.Hour + 11) % 12 + 1).ToString("00"),
        'M' => t.Minute.ToString("00"),
        'S' => t.Second.ToString("00"),
        'f' => (t.Ticks % TimeSpan.TicksPerSecond / 10).ToString("000000"),
        'p' => t.Hour < 12 ? "AM" : "PM",
        'j' => t.DayOfYear.ToString("000"),
        'A' => t.DayOfWeek.ToString(),
        'a' => t.DayOfWeek.ToString()[..3],
        'B' => CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(t.Month),
        'b' or 'h' => CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedMonthName(t.Month),
        'w' => ((int)t.DayOfWeek).ToString(),
        'u' => (((int)t.DayOfWeek + 6) % 7 + 1).ToString(),
        'F' => Format(t, "%Y-%m-%d"),
        'T' or 'X' => Format(t, "%H:%M:%S"),
        'R' => Format(t, "%H:%M"),
        'D' or 'x' => Format(t, "%m/%d/%y"),
        'c' => Format(t, "%a %b %e %H:%M:%S %Y"),
        'z' or 'Z' => "", // a naive local time has no zone
        's' => t.ToUnixTimeSeconds().ToString(),
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => "%" + code,
    };
}
