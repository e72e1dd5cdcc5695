namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>{% for %}: every turn has names of its own, so a 'set' inside is not seen outside nor in the next turn (that is what namespace() is for).</summary>
internal sealed class ForStatement(
    AssignmentTarget target, TemplateExpression source, TemplateExpression? condition, List<TemplateStatement> body, List<TemplateStatement> otherwise, bool recursive) : TemplateStatement
{
    protected override TemplateFlow Run(TemplateContext context)
    {
        Loop(source.Evaluate(context), context, depth: 1);
        return TemplateFlow.Next;
    }

    private void Loop(object? values, TemplateContext context, int depth)
    {
        var outer = context.Scope;
        var items = TemplateValues.Iterate(values, context);
        try
        {
            if (condition is not null) items = items.FindAll(item => Passes(item, outer, context));
            if (items.Count == 0)
            {
                ExecuteAll(otherwise, context);
                return;
            }
            var loop = new LoopValue(items, depth);
            var self = new FunctionValue("loop", (c, arguments) =>
            {
                var (output, root, scope) = (c.Output, c.AtRoot, c.Scope);
                (c.Output, c.AtRoot, c.Scope) = (new(), false, outer);
                try
                {
                    Loop(arguments[0], c, depth + 1);
                    return c.Output.ToString();
                }
                finally
                {
                    (c.Output, c.AtRoot, c.Scope) = (output, root, scope);
                }
            });
            loop.Call = recursive ? self : null;
            for (var i = 0; i < items.Count; i++)
            {
                context.Step();
                loop.Index = i;
                context.Scope = new(outer);
                context.Scope.Set("loop", loop);
                target.Assign(items[i], context, context.Scope);
                if (ExecuteAll(body, context) == TemplateFlow.Break) break;
            }
        }
        finally
        {
            context.Scope = outer;
        }
    }

    private bool Passes(object? item, TemplateScope outer, TemplateContext context)
    {
        context.Scope = new(outer);
        target.Assign(item, context, context.Scope);
        var passes = TemplateValues.IsTrue(condition!.Evaluate(context));
        context.Scope = outer;
        return passes;
    }
}

/// <summary>The name 'loop' inside a loop.</summary>
internal sealed class LoopValue(List<object?> items, int depth)
{
    private object? _changed = new UndefinedValue("changed");

    public int Index { get; set; }

    public FunctionValue? Call { get; set; }

    public object? Attribute(string name) => name switch
    {
        "index" => (long)Index + 1,
        "index0" => (long)Index,
        "revindex" => (long)items.Count - Index,
        "revindex0" => (long)items.Count - Index - 1,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        "depth" => (long)depth,
        "depth0" => (long)depth - 1,
        "previtem" => Index > 0 ? items[Index - 1] : new UndefinedValue("loop.previtem"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new UndefinedValue("loop.nextitem"),
        "cycle" => new FunctionValue("loop.cycle", (_, a) => a.Count > 0 ? a[Index % a.Count] : throw new TemplateFault("'loop.cycle' needs at least one value")),
        "changed" => new FunctionValue("loop.changed", (context, a) =>
        {
            var now = new TupleValue(a.Positional);
            if (TemplateValues.AreEqual(_changed, now, context)) return false;
            _changed = now;
            return true;
        }),
        _ => new UndefinedValue($"loop.{name}"),
    };
}
