namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Expressions, from the loosest binding (a if b else c) to the tightest (calls, filters, tests).</summary>
internal sealed class ExpressionParser(TemplateReader reader)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private static readonly string[] NotArguments = ["else", "or", "and", "is", "if", "in", "not", "recursive"];

    /// <summary>One expression, or several with commas between: a tuple.</summary>
    public TemplateExpression Tuple(bool conditional = true, params string[] endNames)
    {
        var line = reader.Line;
        var items = new List<TemplateExpression>();
        var tuple = false;
        while (!AtTupleEnd(endNames))
        {
            items.Add(conditional ? Expression() : Or());
            if (!reader.TakeOperator(",")) break;
            tuple = true;
        }
        return tuple ? new ListExpression(items, tuple: true) { Line = line } : items.Count == 1 ? items[0] : throw reader.Unexpected("an expression");
    }

    private bool AtTupleEnd(string[] endNames) =>
        reader.Current.Kind is TemplateTokenKind.VariableEnd or TemplateTokenKind.BlockEnd or TemplateTokenKind.End
        || reader.Current.IsOperator(")") || reader.Current.Kind == TemplateTokenKind.Name && endNames.Contains(reader.Current.Text);

    public TemplateExpression Expression()
    {
        reader.GuardStack();
        var value = Or();
        while (reader.Current.IsName("if"))
        {
            var line = reader.Take().Line;
            var condition = Or();
            value = new ConditionalExpression(condition, value, reader.TakeName("else") ? Expression() : null) { Line = line };
        }
        return value;
    }

    public TemplateExpression Or()
    {
        var left = And();
        while (reader.Current.IsName("or")) left = new LogicExpression(false, left, Right(And)) { Line = reader.Line };
        return left;
    }

    private TemplateExpression And()
    {
        var left = Not();
        while (reader.Current.IsName("and")) left = new LogicExpression(true, left, Right(Not)) { Line = reader.Line };
        return left;
    }

    private TemplateExpression Right(Func<TemplateExpression> operand)
    {
        reader.Take();
        return operand();
    }

    private TemplateExpression Not()
    {
        reader.GuardStack();
        if (!reader.Current.IsName("not")) return Comparison();
        var line = reader.Take().Line;
        return new NotExpression(Not()) { Line = line };
    }

    private TemplateExpression Comparison()
    {
        var line = reader.Line;
        var first = Sum();
        var rest = new List<(string, TemplateExpression)>();
        while (true)
        {
            if (reader.Current.Kind == TemplateTokenKind.Operator && Comparisons.Contains(reader.Current.Text)) rest.Add((reader.Take().Text, Sum()));
            else if (reader.TakeName("in")) rest.Add(("in", Sum()));
            else if (reader.Current.IsName("not") && reader.Next.IsName("in"))
            {
                reader.Take();
                reader.Take();
                rest.Add(("not in", Sum()));
            }
            else break;
        }
        return rest.Count == 0 ? first : new ComparisonExpression(first, rest) { Line = line };
    }

    private TemplateExpression Sum() => Chain(Concatenation, "+", "-");

    private TemplateExpression Concatenation() => Chain(Product, "~");

    private TemplateExpression Product() => Chain(Power, "*", "/", "//", "%");

    private TemplateExpression Power() => Chain(() => Unary(withFilters: true), "**");

    private TemplateExpression Chain(Func<TemplateExpression> operand, params string[] operators)
    {
        var left = operand();
        while (reader.Current.Kind == TemplateTokenKind.Operator && operators.Contains(reader.Current.Text))
        {
            var op = reader.Take();
            left = new BinaryExpression(op.Text, left, operand()) { Line = op.Line };
        }
        return left;
    }

    private TemplateExpression Unary(bool withFilters)
    {
        reader.GuardStack();
        var line = reader.Line;
        var value = reader.TakeOperator("-") ? new SignExpression(true, Unary(false)) { Line = line }
            : reader.TakeOperator("+") ? new SignExpression(false, Unary(false)) { Line = line }
            : Primary();
        value = Postfix(value);
        return withFilters ? FiltersAndTests(value) : value;
    }

    private TemplateExpression Primary()
    {
        var token = reader.Current;
        switch (token.Kind)
        {
            case TemplateTokenKind.Name:
                reader.Take();
                return token.Text switch
                {
                    "true" or "True" => new LiteralExpression(true) { Line = token.Line },
                    "false" or "False" => new LiteralExpression(false) { Line = token.Line },
                    "none" or "None" => new LiteralExpression(null) { Line = token.Line },
                    _ => new NameExpression(token.Text) { Line = token.Line },
                };
            case TemplateTokenKind.String:
                var text = new System.Text.StringBuilder();
                while (reader.Current.Kind == TemplateTokenKind.String) text.Append(reader.Take().Text);
                return new LiteralExpression(text.ToString()) { Line = token.Line };
            case TemplateTokenKind.Integer:
                reader.Take();
                return new LiteralExpression(long.TryParse(token.Text, out var integer) ? integer : throw new TemplateFault($"{token.Text} does not fit in 64 bits", token.Line)) { Line = token.Line };
            case TemplateTokenKind.Float:
                reader.Take();
                return new LiteralExpression(double.Parse(token.Text, System.Globalization.NumberStyles.Float, null)) { Line = token.Line };
            default:
                return reader.TakeOperator("(") ? Bracketed(token.Line) : reader.TakeOperator("[") ? List(token.Line) : reader.TakeOperator("{") ? Map(token.Line) : throw reader.Unexpected("an expression");
        }
    }

    private TemplateExpression Bracketed(int line)
    {
        var value = reader.Current.IsOperator(")") ? new ListExpression([], tuple: true) { Line = line } : Tuple();
        reader.Expect(")");
        return value;
    }

    private ListExpression List(int line)
    {
        var items = new List<TemplateExpression>();
        while (!reader.TakeOperator("]"))
        {
            if (items.Count > 0)
            {
                reader.Expect(",");
                if (reader.TakeOperator("]")) break;
            }
            items.Add(Expression());
        }
        return new ListExpression(items, tuple: false) { Line = line };
    }

    private MapExpression Map(int line)
    {
        var items = new List<(TemplateExpression, TemplateExpression)>();
        while (!reader.TakeOperator("}"))
        {
            if (items.Count > 0)
            {
                reader.Expect(",");
                if (reader.TakeOperator("}")) break;
            }
            var key = Expression();
            reader.Expect(":");
            items.Add((key, Expression()));
        }
        return new MapExpression(items) { Line = line };
    }

    private TemplateExpression Postfix(TemplateExpression value)
    {
        while (true)
        {
            var line = reader.Line;
            if (reader.TakeOperator("."))
                value = reader.Current.Kind == TemplateTokenKind.Integer
                    ? new IndexExpression(value, new LiteralExpression(long.TryParse(reader.Take().Text, out var at) ? at : -1L) { Line = line }) { Line = line }
                    : new MemberExpression(value, reader.ExpectName("a name after '.'")) { Line = line };
            else if (reader.TakeOperator("[")) value = Subscript(value, line);
            else if (reader.TakeOperator("(")) value = new CallExpression(value, Arguments()) { Line = line };
            else return value;
        }
    }

    private TemplateExpression FiltersAndTests(TemplateExpression value)
    {
        while (true)
        {
            var line = reader.Line;
            if (reader.TakeOperator("|")) value = Filter(value);
            else if (reader.TakeName("is")) value = Test(value, line);
            else if (reader.TakeOperator("(")) value = new CallExpression(value, Arguments()) { Line = line };
            else return value;
        }
    }

    public FilterExpression Filter(TemplateExpression? input)
    {
        var line = reader.Line;
        var name = reader.ExpectName("the name of a filter");
        if (!TemplateFilters.TryGet(name, out var filter))
            throw new TemplateFault($"there is no filter '{name}'; there are {string.Join(", ", TemplateFilters.Names.Order(StringComparer.Ordinal))}", line);
        return new(input, name, filter, reader.TakeOperator("(") ? Arguments() : ArgumentList.Empty) { Line = line };
    }

    private TemplateExpression Test(TemplateExpression input, int line)
    {
        var negated = reader.TakeName("not");
        var name = reader.ExpectName("the name of a test");
        if (!TemplateTests.TryGet(name, out var test))
            throw new TemplateFault($"there is no test '{name}'; there are {string.Join(", ", TemplateTests.Names.Order(StringComparer.Ordinal))}", line);
        var arguments = reader.TakeOperator("(") ? Arguments()
            : StartsArgument() ? new ArgumentList([Postfix(Primary())], [])
            : ArgumentList.Empty;
        TemplateExpression value = new TestExpression(input, name, test, arguments) { Line = line };
        return negated ? new NotExpression(value) { Line = line } : value;
    }

    private bool StartsArgument() => reader.Current.Kind switch
    {
        TemplateTokenKind.Name => !NotArguments.Contains(reader.Current.Text),
        TemplateTokenKind.String or TemplateTokenKind.Integer or TemplateTokenKind.Float => true,
        _ => reader.Current.IsOperator("[") || reader.Current.IsOperator("{"),
    };

    private TemplateExpression Subscript(TemplateExpression target, int line)
    {
        var bounds = new TemplateExpression?[3];
        var colons = 0;
        while (!reader.TakeOperator("]"))
            if (reader.TakeOperator(":"))
            {
                if (++colons > 2) throw new TemplateFault("a slice has at most three parts", line);
            }
            else if (bounds[colons] is not null) throw reader.Unexpected("']'");
            else bounds[colons] = Expression();
        if (colons > 0) return new SliceExpression(target, bounds[0], bounds[1], bounds[2]) { Line = line };
        return new IndexExpression(target, bounds[0] ?? throw new TemplateFault("'[]' needs an index", line)) { Line = line };
    }

    /// <summary>After '(' up to and with ')'.</summary>
    public ArgumentList Arguments()
    {
        var arguments = new ArgumentList([], []);
        while (!reader.TakeOperator(")"))
        {
            if (arguments.Positional.Count + arguments.Named.Count > 0)
            {
                reader.Expect(",");
                if (reader.TakeOperator(")")) break;
            }
            if (reader.Current.Kind == TemplateTokenKind.Name && reader.Next.IsOperator("="))
            {
                var name = reader.Take().Text;
                reader.Take();
                arguments.Named.Add((name, Expression()));
            }
            else if (arguments.Named.Count > 0) throw new TemplateFault("an argument by place cannot follow one by name", reader.Line);
            else arguments.Positional.Add(Expression());
        }
        return arguments;
    }
}
