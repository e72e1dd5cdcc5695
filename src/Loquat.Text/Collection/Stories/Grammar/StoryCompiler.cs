using System.Text;

namespace Loquat.Text.Collection.Stories.Grammar;

/// <summary>Turns a <see cref="GrammarText"/> into a <see cref="StoryProgram"/>, last step first, so that every step knows its successor.</summary>
internal sealed class StoryCompiler
{
    private readonly GrammarText _grammar;
    private readonly List<Node> _nodes = [];
    private readonly List<int> _longest = [];
    private readonly List<int> _targets = [];
    private readonly List<uint> _weights = [];
    private readonly List<double> _targetBits = [];
    private readonly List<(int Start, int Length)> _slices = [];
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, (int Start, int Length)> _strings = [];
    private readonly Dictionary<string, int> _tables = [];
    private readonly Dictionary<string, (int Number, string List)> _registers = new() { ["*"] = (0, "") };

    private StoryCompiler(GrammarText grammar) => _grammar = grammar;

    public static StoryProgram Compile(GrammarText grammar, string rule)
    {
        var compiler = new StoryCompiler(grammar);
        compiler.FindRegisters();
        var end = compiler.Add(new(Op.End, 0, 0, 0, 0, 0), 0);
        var start = compiler.Part(new Call(rule), end);
        return new()
        {
            Nodes = [.. compiler._nodes],
            Targets = [.. compiler._targets],
            Weights = [.. compiler._weights],
            TargetBits = [.. compiler._targetBits],
            Slices = [.. compiler._slices],
            Bytes = [.. compiler._bytes],
            Start = start,
            Registers = compiler._registers.Count,
            LongestStory = compiler._longest[start],
        };
    }

    private void FindRegisters()
    {
        foreach (var part in _grammar.Rules.Values.SelectMany(All).Concat(_grammar.Lists.Values.SelectMany(l => l.Rows).SelectMany(r => r).SelectMany(c => GrammarText.Parse(c).SelectMany(All))))
        {
            if (part is not Draw { Register: not "*" } draw) continue;
            if (_registers.TryGetValue(draw.Register, out var known) && known.List != draw.List)
                throw new FormatException($"'{draw.Register}' is drawn from both '{known.List}' and '{draw.List}'");
            _registers[draw.Register] = (known.List is null ? _registers.Count : known.Number, draw.List);
        }
    }

    private static IEnumerable<Part> All(Part part) =>
        part is Choice choice ? choice.Alternatives.SelectMany(a => a.Parts).SelectMany(All) : [part];

    private int Sequence(IReadOnlyList<Part> parts, int next)
    {
        for (var i = parts.Count - 1; i >= 0; i--) next = Part(parts[i], next);
        return next;
    }

    private int Part(Part part, int next) => part switch
    {
        Literal literal => Text(literal.Text, next),
        Call call => _grammar.Rules.TryGetValue(call.Rule, out var rule) ? Alternatives(rule, next) : throw new FormatException($"no rule is called '{call.Rule}'"),
        Choice choice => Alternatives(choice, next),
        Draw draw => Bind(draw, next),
        Recall recall => Recalled(recall.Register, List(recall.Register), recall.Column, next),
        _ => throw new FormatException($"unknown part {part}"),
    };

    private WordList List(string register) => _registers.TryGetValue(register, out var known)
        ? _grammar.Lists[known.List]
        : throw new FormatException($"nothing is remembered as '{register}'");

    private int Text(string text, int next)
    {
        var (start, length) = Slice(text);
        return Add(new(Op.Write, start, length, next, 0, 0), length + _longest[next]);
    }

    private int Alternatives(Choice choice, int next)
    {
        var count = choice.Alternatives.Count;
        if (count == 1) return Sequence(choice.Alternatives[0].Parts, next);
        var targets = choice.Alternatives.Select(a => Sequence(a.Parts, next)).ToArray();
        var total = (uint)choice.Alternatives.Sum(a => a.Weight);
        var at = _targets.Count;
        for (var i = 0; i < count; i++) AddTarget(targets[i], (uint)choice.Alternatives[i].Weight, Math.Log2((double)total / choice.Alternatives[i].Weight));
        var op = choice.Alternatives.All(a => a.Weight == 1) ? Op.Choose : Op.ChooseWeighted;
        return Add(new(op, at, count, -1, total, Math.Log2(count)), targets.Max(t => _longest[t]));
    }

    private int Bind(Draw draw, int next)
    {
        var list = _grammar.Lists.TryGetValue(draw.List, out var found) ? found : throw new FormatException($"no list is called '{draw.List}'");
        var register = _registers[draw.Register].Number;
        next = Recalled(draw.Register, list, draw.Column, next);
        return Add(new(Op.Bind, register, 0, next, (uint)list.Rows.Count, Math.Log2(list.Rows.Count)), _longest[next]);
    }

    private int Recalled(string registerName, WordList list, string column, int next)
    {
        var register = _registers[registerName].Number;
        var values = list.Rows.Select(r => Column(list, r, column)).ToList();
        if (values.All(v => v.AsSpan().IndexOfAny("[{<") < 0))
        {
            var key = $"{list.Name}.{column}";
            if (!_tables.TryGetValue(key, out var at))
            {
                _tables[key] = at = _slices.Count;
                foreach (var value in values) _slices.Add(Slice(value));
            }
            return Add(new(Op.Recall, at, register, next, (uint)values.Count, 0), values.Max(v => v.Length) + _longest[next]);
        }
        var targets = values.Select(v => Sequence(GrammarText.Parse(v), next)).ToArray();
        var start = _targets.Count;
        foreach (var target in targets) AddTarget(target, 1, 0);
        return Add(new(Op.Switch, start, register, -1, (uint)targets.Length, 0), targets.Max(t => _longest[t]));
    }

    /// <summary>The column (<c>name</c> or else the first where none is given), with "a" or "an" before the first column where it is called <c>a</c>, with a capital where its name has one.</summary>
    private static string Column(WordList list, string[] row, string column)
    {
        if (column.Length == 0) column = list.Columns.Contains("name") ? "name" : list.Columns[0];
        var at = list.Columns.ToList().FindIndex(c => c.Equals(column, StringComparison.OrdinalIgnoreCase));
        var value = at >= 0 ? row[at]
            : column is "a" or "A" ? ("aeiou".Contains(row[0][0]) ? "an " : "a ") + row[0]
            : throw new FormatException($"list '{list.Name}' has no column '{column}'");
        return column.Length > 0 && char.IsUpper(column[0]) ? char.ToUpperInvariant(value[0]) + value[1..] : value;
    }

    private void AddTarget(int target, uint weight, double bits)
    {
        _targets.Add(target);
        _weights.Add(weight);
        _targetBits.Add(bits);
    }

    private (int Start, int Length) Slice(string text)
    {
        if (_strings.TryGetValue(text, out var known)) return known;
        if (!Ascii.IsValid(text)) throw new FormatException($"'{text}' is not plain ASCII");
        var slice = (_bytes.Count, text.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(text));
        return _strings[text] = slice;
    }

    private int Add(Node node, int longest)
    {
        _nodes.Add(node);
        _longest.Add(longest);
        return _nodes.Count - 1;
    }
}
