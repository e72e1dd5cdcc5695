namespace Loquat.Text.Tokenization.ChatTemplates;

internal enum TemplateFlow { Next, Break, Continue }

/// <summary>A node that writes or changes something.</summary>
internal abstract class TemplateStatement
{
    public int Line { get; init; }

    public TemplateFlow Execute(TemplateContext context)
    {
        context.Line = Line;
        context.Step();
        return Run(context);
    }

    protected abstract TemplateFlow Run(TemplateContext context);

    public static TemplateFlow ExecuteAll(IReadOnlyList<TemplateStatement> body, TemplateContext context)
    {
        for (var i = 0; i < body.Count; i++)
            if (body[i].Execute(context) is var flow and not TemplateFlow.Next) return flow;
        return TemplateFlow.Next;
    }

    /// <summary>Runs a body whose names are its own.</summary>
    protected static TemplateFlow InScope(TemplateContext context, Action<TemplateScope> fill, IReadOnlyList<TemplateStatement> body)
    {
        var outer = context.Scope;
        var scope = new TemplateScope(outer);
        fill(scope);
        context.Scope = scope;
        try
        {
            return ExecuteAll(body, context);
        }
        finally
        {
            context.Scope = outer;
        }
    }
}

internal sealed class TextStatement(string text) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        context.Write(text);
        return TemplateFlow.Next;
    }
}

internal sealed class PrintStatement(TemplateExpression expression) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        context.Write(PythonText.Str(expression.Evaluate(context), context));
        return TemplateFlow.Next;
    }
}

internal sealed class IfStatement(List<(TemplateExpression? Condition, List<TemplateStatement> Body)> branches) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        foreach (var (condition, body) in branches)
            if (condition is null || TemplateValues.IsTrue(condition.Evaluate(context))) return ExecuteAll(body, context);
        return TemplateFlow.Next;
    }
}

internal sealed class FlowStatement(TemplateFlow flow) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context) => flow;
}

internal sealed class SetStatement(AssignmentTarget target, TemplateExpression value) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        target.Assign(value.Evaluate(context), context, context.Scope);
        return TemplateFlow.Next;
    }
}

/// <summary>{% set x %} … {% endset %}, with or without filters.</summary>
internal sealed class SetBlockStatement(AssignmentTarget target, List<FilterExpression> filters, List<TemplateStatement> body) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        target.Assign(FilterBlockStatement.Filtered(body, filters, context), context, context.Scope);
        return TemplateFlow.Next;
    }
}

internal sealed class FilterBlockStatement(List<FilterExpression> filters, List<TemplateStatement> body) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        context.Write(PythonText.Str(Filtered(body, filters, context), context));
        return TemplateFlow.Next;
    }

    public static object? Filtered(List<TemplateStatement> body, List<FilterExpression> filters, TemplateContext context)
    {
        var outer = context.Scope;
        context.Scope = new(outer);
        try
        {
            object? value = context.Capture(body);
            foreach (var filter in filters) value = filter.Apply(value, context);
            return value;
        }
        finally
        {
            context.Scope = outer;
        }
    }
}

internal sealed class WithStatement(List<(AssignmentTarget Target, TemplateExpression Value)> values, List<TemplateStatement> body) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        var evaluated = values.ConvertAll(v => v.Value.Evaluate(context));
        return InScope(context, scope =>
        {
            for (var i = 0; i < values.Count; i++) values[i].Target.Assign(evaluated[i], context, scope);
        }, body);
    }
}

/// <summary>{% generation %}: what it writes is what the assistant said; its place is kept for the loss mask.</summary>
internal sealed class GenerationStatement(List<TemplateStatement> body) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        var start = context.Output.Length;
        var flow = InScope(context, _ => { }, body);
        if (context.AtRoot && context.Output.Length > start) context.AssistantSpans.Add(new(start, context.Output.Length - start));
        return flow;
    }
}

/// <summary>What stands left of '=' or between 'for' and 'in': a name, several, or a namespace's attribute.</summary>
internal sealed record AssignmentTarget(string? Name, string? Attribute, List<AssignmentTarget>? Several)
{
    public void Assign(object? value, TemplateContext context, TemplateScope scope)
    {
        if (Several is not null)
        {
            var items = TemplateValues.Iterate(value, context);
            if (items.Count != Several.Count) throw new TemplateFault($"{Several.Count} names are set from {items.Count} values");
            for (var i = 0; i < items.Count; i++) Several[i].Assign(items[i], context, scope);
        }
        else if (Attribute is null) scope.Set(Name!, value);
        else if (context.Scope.TryGet(Name!, out var holder) && holder is NamespaceValue space) space.Items[Attribute] = value;
        else throw new TemplateFault($"'{Name}.{Attribute}' cannot be set: '{Name}' is not a namespace()");
    }
}
