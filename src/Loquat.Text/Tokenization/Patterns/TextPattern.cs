using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Json;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>What a text is searched for. Thread-safe.</summary>
internal abstract class TextPattern
{
    /// <summary>Appends the matches and the stretches between them, in order; one stretch that is no match for an empty text.</summary>
    public abstract void Find(string text, List<PatternMatch> matches);

    /// <summary>`{"String": …}` or `{"Regex": …}`.</summary>
    public static TextPattern Read(JsonField field)
    {
        if (field.Optional("String") is { } text) return new StringPattern(text.String());
        if (field.Optional("Regex") is { } regex) return new RegexPattern(regex.String(), regex.Place);
        return field.Is(JsonValueKind.String) ? new StringPattern(field.String()) : throw field.Expected("an object with 'String' or 'Regex'");
    }

    public virtual void Write(Utf8JsonWriter json) => throw new InvalidOperationException("This pattern has no form in a file.");

    protected static void Between(int from, int to, List<PatternMatch> matches)
    {
        if (from < to) matches.Add(new(from, to, false));
    }
}

/// <summary>Each code point of a kind is a match.</summary>
internal sealed class CharacterPattern(Func<int, bool> kind) : TextPattern
{
    public override void Find(string text, List<PatternMatch> matches)
    {
        var from = 0;
        for (int i = 0, next; i < text.Length; i = next)
        {
            var c = CodePoints.At(text, i, out next);
            if (!kind(c)) continue;
            Between(from, i, matches);
            matches.Add(new(i, next, true));
            from = next;
        }
        Between(from, text.Length, matches);
        if (text.Length == 0) matches.Add(new(0, 0, false));
    }
}

/// <summary>A text that stands there literally; the empty text stands before and after every code point.</summary>
internal sealed class StringPattern(string wanted) : TextPattern
{
    public string Wanted => wanted;

    public override void Find(string text, List<PatternMatch> matches)
    {
        var from = 0;
        if (wanted.Length == 0) from = Everywhere(text, matches);
        else
            for (int at; (at = text.IndexOf(wanted, from, StringComparison.Ordinal)) >= 0; from = at + wanted.Length)
            {
                Between(from, at, matches);
                matches.Add(new(at, at + wanted.Length, true));
            }
        Between(from, text.Length, matches);
        if (text.Length == 0) matches.Add(new(0, 0, false));
    }

    private static int Everywhere(string text, List<PatternMatch> matches)
    {
        for (int at = 0, next; at < text.Length; at = next)
        {
            next = CodePoints.After(text, at);
            matches.Add(new(at, at, true));
            matches.Add(new(at, next, false));
        }
        if (text.Length > 0) matches.Add(new(text.Length, text.Length, true));
        return text.Length;
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("String", wanted);
        json.WriteEndObject();
    }
}

/// <summary>A regular expression with the meaning that Oniguruma gives it, on code points; the patterns of well-known models run as hand-written scanners.</summary>
internal sealed class RegexPattern : TextPattern
{
    private readonly RegexProgram? _program;

    public RegexPattern(string regex, string place = "pattern")
    {
        Regex = regex;
        Scanner = ByteLevel.SplitPattern.Find(regex);
        if (Scanner is null) _program = RegexCompiler.Compile(regex, place);
    }

    public string Regex { get; }

    /// <summary>The scanner that does the same, or null.</summary>
    public ByteLevel.SplitPattern? Scanner { get; }

    public override void Find(string text, List<PatternMatch> matches)
    {
        if (text.Length == 0)
        {
            matches.Add(new(0, 0, false));
            return;
        }
        if (Scanner is not null)
        {
            for (int start = 0, end; start < text.Length; start = end) matches.Add(new(start, end = Scanner.Next(text, start), true));
            return;
        }
        var matcher = new RegexMatcher(_program!, text);
        var (from, last) = (0, -1); // last: where the match before ended
        for (var at = 0; at <= text.Length && matcher.Search(at, out var start, out var end);)
        {
            at = end > start ? end : end < text.Length ? CodePoints.After(text, end) : end + 1;
            // An empty match right behind another does not count.
            if (end == start && start == last) continue;
            Between(from, start, matches);
            matches.Add(new(start, end, true));
            from = last = end;
        }
        Between(from, text.Length, matches);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString(nameof(Regex), Regex);
        json.WriteEndObject();
    }
}
