namespace Loquat.Text.Collection.Stories.Grammar;

/// <summary>One piece of a template.</summary>
internal abstract record Part;

/// <summary>Text that stands as it is.</summary>
internal sealed record Literal(string Text) : Part;

/// <summary><c>[one|two|3*three]</c>: one of the alternatives, with probability proportional to its weight.</summary>
internal sealed record Choice(IReadOnlyList<(int Weight, IReadOnlyList<Part> Parts)> Alternatives) : Part;

/// <summary><c>{+hero:person}</c> draws a row of a list, remembers it as <c>hero</c> and writes a column; <c>{*color}</c> draws and forgets.</summary>
internal sealed record Draw(string Register, string List, string Column) : Part;

/// <summary><c>{hero.his}</c>: a column of a remembered row. An upper-case column name writes the column with a capital.</summary>
internal sealed record Recall(string Register, string Column) : Part;

/// <summary><c>&lt;ending&gt;</c>: a rule, written where it stands.</summary>
internal sealed record Call(string Rule) : Part;

/// <summary>A word list: named columns and rows of templates.</summary>
internal sealed record WordList(string Name, IReadOnlyList<string> Columns, List<string[]> Rows);

/// <summary>
/// The grammar as its authors write it. <c>@ name: column/column</c> opens a list, rows parted by line ends or <c>;</c>, columns by
/// <c>/</c>; <c>= name</c> opens a rule, one alternative per line; <c>^</c> is a new line of the story; <c>#</c> starts a remark line.
/// </summary>
internal sealed class GrammarText
{
    public Dictionary<string, WordList> Lists { get; } = [];

    public Dictionary<string, Choice> Rules { get; } = [];

    public GrammarText(IEnumerable<string> sources)
    {
        foreach (var source in sources)
        {
            WordList? list = null;
            List<(int, IReadOnlyList<Part>)>? rule = null;
            foreach (var raw in source.Split('\n'))
            {
                var line = raw.Trim();
                if (line.Length == 0 || line[0] == '#') continue;
                if (line.StartsWith("@ ", StringComparison.Ordinal))
                {
                    var head = line[2..].Split(':');
                    list = new(head[0].Trim(), head.Length > 1 ? head[1].Trim().Split('/') : ["it"], []);
                    Lists.Add(list.Name, list);
                    rule = null;
                }
                else if (line.StartsWith("= ", StringComparison.Ordinal))
                {
                    rule = [];
                    Rules.Add(line[2..].Trim(), new(rule));
                    list = null;
                }
                else if (list is not null)
                {
                    foreach (var row in line.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                    {
                        var columns = row.Split('/', StringSplitOptions.TrimEntries);
                        if (columns.Length != list.Columns.Count) throw new FormatException($"list {list.Name} has {list.Columns.Count} columns, the row '{row}' has {columns.Length}");
                        list.Rows.Add(columns);
                    }
                }
                else if (rule is not null) rule.Add(Alternative(line));
                else throw new FormatException($"'{line}' belongs to no list and no rule");
            }
        }
    }

    public static IReadOnlyList<Part> Parse(string text)
    {
        var at = 0;
        var parts = Sequence(text, ref at);
        return at == text.Length ? parts : throw new FormatException($"unexpected '{text[at]}' at {at} of '{text}'");
    }

    private static (int Weight, IReadOnlyList<Part> Parts) Alternative(string text)
    {
        var at = 0;
        var weight = Weight(text, ref at);
        var parts = Sequence(text, ref at);
        return at == text.Length ? (weight, parts) : throw new FormatException($"unexpected '{text[at]}' at {at} of '{text}'");
    }

    private static int Weight(string text, ref int at)
    {
        var end = at;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        if (end == at || end == text.Length || text[end] != '*') return 1;
        var weight = int.Parse(text.AsSpan(at, end - at));
        at = end + 1;
        return weight;
    }

    private static List<Part> Sequence(string text, ref int at)
    {
        var parts = new List<Part>();
        var start = at;
        while (at < text.Length && text[at] is not ('|' or ']'))
        {
            if (text[at] is not ('[' or '{' or '<'))
            {
                at++;
                continue;
            }
            if (at > start) parts.Add(new Literal(text[start..at].Replace('^', '\n')));
            parts.Add(text[at] == '[' ? Alternatives(text, ref at) : Reference(text, ref at));
            start = at;
        }
        if (at > start) parts.Add(new Literal(text[start..at].Replace('^', '\n')));
        return parts;
    }

    private static Choice Alternatives(string text, ref int at)
    {
        var alternatives = new List<(int, IReadOnlyList<Part>)>();
        do
        {
            at++; // the '[' or '|'
            var weight = Weight(text, ref at);
            alternatives.Add((weight, Sequence(text, ref at)));
        }
        while (at < text.Length && text[at] == '|');
        if (at == text.Length) throw new FormatException($"a '[' is not closed in '{text}'");
        at++;
        return new(alternatives);
    }

    private static Part Reference(string text, ref int at)
    {
        var end = text.IndexOf(text[at] == '<' ? '>' : '}', at);
        if (end < 0) throw new FormatException($"a '{text[at]}' is not closed in '{text}'");
        var inside = text[(at + 1)..end];
        var rule = text[at] == '<';
        at = end + 1;
        if (rule) return new Call(inside);
        var dot = inside.IndexOf('.');
        var (name, column) = dot < 0 ? (inside, "") : (inside[..dot], inside[(dot + 1)..]);
        if (name[0] == '*') return new Draw("*", name[1..], column);
        if (name[0] != '+') return new Recall(name, column);
        var colon = name.IndexOf(':');
        return colon < 0 ? new Draw(name[1..], name[1..], column) : new Draw(name[1..colon], name[(colon + 1)..], column);
    }
}
