namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>{% macro name(a, b=1) %}: a function that gives text; sees the names around its definition.</summary>
internal sealed class MacroStatement(MacroBody macro) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        context.Scope.Set(macro.Name, macro.Close(context.Scope));
        return TemplateFlow.Next;
    }
}

/// <summary>{% call(x) f() %} … {% endcall %}: f gets the body as caller().</summary>
internal sealed class CallStatement(TemplateExpression target, ArgumentList arguments, MacroBody body) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        if (target.Evaluate(context) is not FunctionValue function) throw new TemplateFault("'call' needs a macro");
        var given = arguments.Evaluate(function.Name, context);
        given.Named["caller"] = body.Close(context.Scope);
        context.Write(PythonText.Str(function.Invoke(context, given), context));
        return TemplateFlow.Next;
    }
}

internal sealed record MacroBody(string Name, List<(string Name, TemplateExpression? Default)> Parameters, List<TemplateStatement> Body)
{
    public FunctionValue Close(TemplateScope around) => new(Name, (context, arguments) => Invoke(context, arguments, around));

    private string Invoke(TemplateContext context, TemplateArguments arguments, TemplateScope around)
    {
        context.Step();
        var outer = context.Scope;
        var scope = context.Scope = new(around);
        try
        {
            for (var i = 0; i < Parameters.Count; i++)
            {
                var (name, fallback) = Parameters[i];
                scope.Set(name, arguments.Has(i, name) ? arguments.Get(i, name) : fallback is null ? new UndefinedValue(name) : fallback.Evaluate(context));
            }
            scope.Set("varargs", new TupleValue(arguments.Positional.Skip(Parameters.Count)));
            var rest = new MapValue();
            foreach (var (name, value) in arguments.Named)
                if (Parameters.TrueForAll(p => p.Name != name)) rest[name] = value;
            scope.Set("caller", arguments.Named.TryGetValue("caller", out var caller) ? caller : new UndefinedValue("caller"));
            rest.Remove("caller");
            scope.Set("kwargs", rest);
            return context.Capture(Body);
        }
        finally
        {
            context.Scope = outer;
        }
    }
}
