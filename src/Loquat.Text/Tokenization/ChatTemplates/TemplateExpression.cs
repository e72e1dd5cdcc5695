namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>A node that has a value.</summary>
internal abstract class TemplateExpression
{
    public int Line { get; init; }

    public object? Evaluate(TemplateContext context)
    {
        context.Line = Line;
        context.Step();
        return Compute(context);
    }

    protected abstract object? Compute(TemplateContext context);
}

internal sealed class LiteralExpression(object? value) : TemplateExpression
{
    public object? Value => value;

    protected override object? Compute(TemplateContext context) => value;
}

internal sealed class NameExpression(string name) : TemplateExpression
{
    public string Name => name;

    protected override object? Compute(TemplateContext context) =>
        context.Scope.TryGet(name, out var value) ? value : TemplateGlobals.TryGet(name, out var global) ? global : new UndefinedValue(name);
}

internal sealed class ListExpression(List<TemplateExpression> items, bool tuple) : TemplateExpression
{
    public List<TemplateExpression> Items => items;

    protected override object? Compute(TemplateContext context)
    {
        var values = items.Select(i => i.Evaluate(context));
        return tuple ? new TupleValue(values) : values.ToList();
    }
}

internal sealed class MapExpression(List<(TemplateExpression Key, TemplateExpression Value)> items) : TemplateExpression
{
    protected override object? Compute(TemplateContext context)
    {
        var map = new MapValue();
        foreach (var (key, value) in items) map[TemplateValues.Key(key.Evaluate(context))] = value.Evaluate(context);
        return map;
    }
}

internal sealed class ConditionalExpression(TemplateExpression condition, TemplateExpression then, TemplateExpression? otherwise) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) =>
        TemplateValues.IsTrue(condition.Evaluate(context)) ? then.Evaluate(context) : otherwise is null ? new UndefinedValue("this expression") : otherwise.Evaluate(context);
}

internal sealed class LogicExpression(bool and, TemplateExpression left, TemplateExpression right) : TemplateExpression
{
    protected override object? Compute(TemplateContext context)
    {
        var value = left.Evaluate(context);
        return TemplateValues.IsTrue(value) == and ? right.Evaluate(context) : value;
    }
}

internal sealed class NotExpression(TemplateExpression operand) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) => !TemplateValues.IsTrue(operand.Evaluate(context));
}

/// <summary>a &lt; b &lt;= c: every neighbour pair is compared, as in Python.</summary>
internal sealed class ComparisonExpression(TemplateExpression first, List<(string Operator, TemplateExpression Operand)> rest) : TemplateExpression
{
    protected override object? Compute(TemplateContext context)
    {
        var left = first.Evaluate(context);
        foreach (var (op, operand) in rest)
        {
            var right = operand.Evaluate(context);
            if (!TemplateOperators.Compare(op, left, right, context)) return false;
            left = right;
        }
        return true;
    }
}

internal sealed class BinaryExpression(string op, TemplateExpression left, TemplateExpression right) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) =>
        TemplateOperators.Binary(op, left.Evaluate(context), right.Evaluate(context), context);
}

internal sealed class SignExpression(bool negate, TemplateExpression operand) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) => TemplateValues.AsNumber(operand.Evaluate(context)) switch
    {
        long i => (object)(negate ? unchecked(-i) : i),
        double d => negate ? -d : d,
        _ => throw new TemplateFault("only a number can have a sign"),
    };
}

internal sealed class MemberExpression(TemplateExpression target, string name) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) => TemplateMembers.Attribute(target.Evaluate(context), name);
}

internal sealed class IndexExpression(TemplateExpression target, TemplateExpression index) : TemplateExpression
{
    protected override object? Compute(TemplateContext context)
    {
        var value = target.Evaluate(context);
        return TemplateMembers.Item(value, index.Evaluate(context), context);
    }
}

internal sealed class SliceExpression(TemplateExpression target, TemplateExpression? start, TemplateExpression? stop, TemplateExpression? step) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) => TemplateMembers.Slice(
        target.Evaluate(context), start?.Evaluate(context), stop?.Evaluate(context), step?.Evaluate(context), context);
}

/// <summary>Arguments as written: a name where they were given by name, stars not supported.</summary>
internal sealed record ArgumentList(List<TemplateExpression> Positional, List<(string Name, TemplateExpression Value)> Named)
{
    public static ArgumentList Empty { get; } = new([], []);

    public TemplateArguments Evaluate(string function, TemplateContext context, bool withInput = false, object? input = null)
    {
        var positional = new List<object?>(Positional.Count + 1);
        if (withInput) positional.Add(input);
        foreach (var argument in Positional) positional.Add(argument.Evaluate(context));
        Dictionary<string, object?>? named = null;
        foreach (var (name, value) in Named) (named ??= [])[name] = value.Evaluate(context);
        return new(function, positional, named);
    }
}

internal sealed class CallExpression(TemplateExpression target, ArgumentList arguments) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) => target.Evaluate(context) switch
    {
        FunctionValue function => function.Invoke(context, arguments.Evaluate(function.Name, context)),
        LoopValue { Call: { } again } => again.Invoke(context, arguments.Evaluate(again.Name, context)),
        UndefinedValue missing => throw new TemplateFault($"'{missing.Name}' is not defined, so it cannot be called"),
        var other => throw new TemplateFault($"a value of the kind '{TemplateValues.TypeName(other)}' cannot be called"),
    };
}

internal sealed class FilterExpression(TemplateExpression? input, string name, TemplateFunction filter, ArgumentList arguments) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) => Apply(input!.Evaluate(context), context);

    public object? Apply(object? value, TemplateContext context) => filter(context, arguments.Evaluate(name, context, withInput: true, value));
}

internal sealed class TestExpression(TemplateExpression input, string name, TemplateFunction test, ArgumentList arguments) : TemplateExpression
{
    protected override object? Compute(TemplateContext context) =>
        TemplateValues.IsTrue(test(context, arguments.Evaluate(name, context, withInput: true, input.Evaluate(context))));
}

/// <summary>A filter, test, method or global function.</summary>
internal delegate object? TemplateFunction(TemplateContext context, TemplateArguments arguments);
