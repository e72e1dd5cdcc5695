namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Statements: text, {{ … }} and {% … %}.</summary>
internal sealed class TemplateParser
{
    private static readonly string[] NotSupported = ["extends", "include", "import", "from", "block", "trans", "autoescape", "do"];

    private readonly TemplateReader _reader;
    private readonly ExpressionParser _expressions;

    private TemplateParser(List<TemplateToken> tokens)
    {
        _reader = new(tokens);
        _expressions = new(_reader);
    }

    public static List<TemplateStatement> Parse(string source) => new TemplateParser(TemplateLexer.Read(source)).Body(opened: null, 0);

    // Reads up to a tag whose name is one of the ends and leaves the reader on that name.
    private List<TemplateStatement> Body(string? opened, int openedLine, params string[] ends)
    {
        _reader.GuardStack();
        var body = new List<TemplateStatement>();
        while (true)
        {
            var line = _reader.Line;
            switch (_reader.Current.Kind)
            {
                case TemplateTokenKind.End:
                    return opened is null ? body : throw new TemplateFault($"'{opened}' is not closed: expected '{ends[^1]}'", openedLine);
                case TemplateTokenKind.Text:
                    body.Add(new TextStatement(_reader.Take().Text) { Line = line });
                    break;
                case TemplateTokenKind.VariableBegin:
                    _reader.Take();
                    body.Add(new PrintStatement(_expressions.Tuple()) { Line = line });
                    _reader.Expect(TemplateTokenKind.VariableEnd);
                    break;
                default:
                    _reader.Expect(TemplateTokenKind.BlockBegin);
                    if (_reader.Current.Kind == TemplateTokenKind.Name && ends.Contains(_reader.Current.Text)) return body;
                    body.Add(Statement(line));
                    break;
            }
        }
    }

    private TemplateStatement Statement(int line)
    {
        var name = _reader.ExpectName("a statement such as 'if', 'for' or 'set'");
        switch (name)
        {
            case "if": return If(line);
            case "for": return For(line);
            case "set": return Set(line);
            case "macro": return new MacroStatement(Macro(line)) { Line = line };
            case "call": return Call(line);
            case "with": return With(line);
            case "filter":
                var filters = Filters(_expressions.Filter(null));
                return new FilterBlockStatement(filters, Block("filter", line)) { Line = line };
            case "generation": return new GenerationStatement(Block("generation", line)) { Line = line };
            case "break" or "continue":
                _reader.Expect(TemplateTokenKind.BlockEnd);
                return new FlowStatement(name == "break" ? TemplateFlow.Break : TemplateFlow.Continue) { Line = line };
        }
        throw NotSupported.Contains(name)
            ? new TemplateFault($"'{name}' is not part of chat templates (one file, no inheritance)", line)
            : new TemplateFault($"'{name}' is not a statement, or it closes a block that is not open", line);
    }

    private List<TemplateStatement> Block(string name, int line)
    {
        _reader.Expect(TemplateTokenKind.BlockEnd);
        var body = Body(name, line, "end" + name);
        Close();
        return body;
    }

    private void Close()
    {
        _reader.Take();
        _reader.Expect(TemplateTokenKind.BlockEnd);
    }

    private IfStatement If(int line)
    {
        var branches = new List<(TemplateExpression?, List<TemplateStatement>)>();
        while (true)
        {
            var condition = _expressions.Tuple(conditional: false);
            _reader.Expect(TemplateTokenKind.BlockEnd);
            branches.Add((condition, Body("if", line, "elif", "else", "endif")));
            if (_reader.TakeName("elif")) continue;
            if (_reader.TakeName("else"))
            {
                _reader.Expect(TemplateTokenKind.BlockEnd);
                branches.Add((null, Body("if", line, "endif")));
            }
            Close();
            return new(branches) { Line = line };
        }
    }

    private ForStatement For(int line)
    {
        var target = Target();
        if (!_reader.TakeName("in")) throw _reader.Unexpected("'in'");
        var source = _expressions.Tuple(conditional: false, "recursive", "if");
        var condition = _reader.TakeName("if") ? _expressions.Expression() : null;
        var recursive = _reader.TakeName("recursive");
        _reader.Expect(TemplateTokenKind.BlockEnd);
        var body = Body("for", line, "else", "endfor");
        List<TemplateStatement> otherwise = [];
        if (_reader.TakeName("else"))
        {
            _reader.Expect(TemplateTokenKind.BlockEnd);
            otherwise = Body("for", line, "endfor");
        }
        Close();
        return new(target, source, condition, body, otherwise, recursive) { Line = line };
    }

    private TemplateStatement Set(int line)
    {
        var target = Target();
        if (_reader.TakeOperator("="))
        {
            var value = _expressions.Tuple();
            _reader.Expect(TemplateTokenKind.BlockEnd);
            return new SetStatement(target, value) { Line = line };
        }
        var filters = Filters(null);
        return new SetBlockStatement(target, filters, Block("set", line)) { Line = line };
    }

    private List<FilterExpression> Filters(FilterExpression? first)
    {
        List<FilterExpression> filters = first is null ? [] : [first];
        while (_reader.TakeOperator("|")) filters.Add(_expressions.Filter(null));
        return filters;
    }

    private AssignmentTarget Target()
    {
        var several = new List<AssignmentTarget>();
        var comma = false;
        do
        {
            if (several.Count > 0 && _reader.Current.Kind != TemplateTokenKind.Name && !_reader.Current.IsOperator("(")) break;
            several.Add(OneTarget());
        }
        while (_reader.TakeOperator(",") && (comma = true));
        return comma ? new(null, null, several) : several[0];
    }

    private AssignmentTarget OneTarget()
    {
        _reader.GuardStack();
        if (_reader.TakeOperator("("))
        {
            var inner = Target();
            _reader.Expect(")");
            return inner;
        }
        var name = _reader.ExpectName("a name");
        return new(name, _reader.TakeOperator(".") ? _reader.ExpectName("a name after '.'") : null, null);
    }

    private MacroBody Macro(int line)
    {
        var name = _reader.ExpectName("the macro's name");
        _reader.Expect("(");
        var parameters = Parameters();
        return new(name, parameters, Block("macro", line));
    }

    // After '(' up to and with ')'.
    private List<(string, TemplateExpression?)> Parameters()
    {
        var parameters = new List<(string, TemplateExpression?)>();
        while (!_reader.TakeOperator(")"))
        {
            if (parameters.Count > 0) _reader.Expect(",");
            parameters.Add((_reader.ExpectName("a parameter's name"), _reader.TakeOperator("=") ? _expressions.Expression() : null));
        }
        return parameters;
    }

    private CallStatement Call(int line)
    {
        var parameters = _reader.TakeOperator("(") ? Parameters() : [];
        var (target, arguments) = (new NameExpression(_reader.ExpectName("a macro's name")) { Line = line }, ArgumentList.Empty);
        if (_reader.TakeOperator("(")) arguments = _expressions.Arguments();
        return new(target, arguments, new("caller", parameters, Block("call", line))) { Line = line };
    }

    private WithStatement With(int line)
    {
        var values = new List<(AssignmentTarget, TemplateExpression)>();
        while (_reader.Current.Kind != TemplateTokenKind.BlockEnd)
        {
            if (values.Count > 0) _reader.Expect(",");
            var target = OneTarget();
            _reader.Expect("=");
            values.Add((target, _expressions.Expression()));
        }
        return new(values, Block("with", line)) { Line = line };
    }
}
