using System.Runtime.CompilerServices;
using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Names and values of one block; reading falls through to the block around it, setting does not.</summary>
internal sealed class TemplateScope(TemplateScope? parent)
{
    private Dictionary<string, object?>? _names;

    public void Set(string name, object? value) => (_names ??= new(StringComparer.Ordinal))[name] = value;

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
            if (scope._names is not null && scope._names.TryGetValue(name, out value)) return true;
        value = null;
        return false;
    }

    private TemplateScope? Parent { get; } = parent;
}

/// <summary>The state of one rendering: scope, output, and the budget that ends a template that would not end by itself.</summary>
internal sealed class TemplateContext(ChatTemplateOptions options)
{
    private long _steps;

    public ChatTemplateOptions Options { get; } = options;

    public TemplateScope Scope { get; set; } = new(null);

    public StringBuilder Output { get; set; } = new();

    public bool AtRoot { get; set; } = true;

    public List<AssistantSpan> AssistantSpans { get; } = [];

    /// <summary>Line of the node that runs now.</summary>
    public int Line { get; set; }

    /// <summary>Counts one step; guards the stack too, since every recursive evaluation passes here.</summary>
    public void Step()
    {
        if (++_steps > Options.MaxSteps) TooManySteps();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("values, expressions or macros are nested too deeply");
    }

    /// <summary>Counts work on <paramref name="length"/> characters or items: eight of them cost a step.</summary>
    public void Charge(long length)
    {
        _steps += length >> 3;
        if (_steps > Options.MaxSteps) TooManySteps();
    }

    /// <summary>Counts one step for each of <paramref name="length"/> items.</summary>
    public void ChargeAll(long length)
    {
        _steps += length;
        if (_steps > Options.MaxSteps) TooManySteps();
    }

    /// <summary>Called before a text of this length is made.</summary>
    public void CheckLength(long length)
    {
        if (length > Options.MaxOutputLength)
            throw new TemplateFault($"a text grew to {length} characters, more than the limit of {Options.MaxOutputLength} (ChatTemplateOptions.MaxOutputLength)");
    }

    /// <summary>Makes sure a text of this length may be made and counts the work of making it.</summary>
    public void ChargeText(long length)
    {
        CheckLength(length);
        Charge(length);
    }

    public void Write(string text)
    {
        Charge(text.Length);
        CheckLength(Output.Length + (long)text.Length);
        Output.Append(text);
    }

    /// <summary>Runs a body into a text of its own.</summary>
    public string Capture(IReadOnlyList<TemplateStatement> body)
    {
        var (output, root) = (Output, AtRoot);
        (Output, AtRoot) = (new StringBuilder(), false);
        try
        {
            TemplateStatement.ExecuteAll(body, this);
            return Output.ToString();
        }
        finally
        {
            (Output, AtRoot) = (output, root);
        }
    }

    private void TooManySteps() =>
        throw new TemplateFault($"the template ran more than {Options.MaxSteps} steps (ChatTemplateOptions.MaxSteps); it may not end, or the conversation is very long");
}
