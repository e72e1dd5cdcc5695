namespace Loquat.Text.Tokenization.ChatTemplates;

internal enum TemplateTokenKind { Text, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, String, Integer, Float, Operator, End }

/// <summary>One token of a template with the line it begins on (from 1).</summary>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Line)
{
    public bool IsOperator(string text) => Kind == TemplateTokenKind.Operator && Text == text;

    public bool IsName(string text) => Kind == TemplateTokenKind.Name && Text == text;

    public override string ToString() => Kind switch
    {
        TemplateTokenKind.End => "the end of the template",
        TemplateTokenKind.BlockEnd => "'%}'",
        TemplateTokenKind.VariableEnd => "'}}'",
        TemplateTokenKind.Text => "text",
        _ => $"'{Text}'",
    };
}

/// <summary>An error inside a template; <see cref="ChatTemplate"/> adds the line and turns it into a <see cref="DataException"/>.</summary>
internal sealed class TemplateFault(string message, int line = 0) : Exception(message)
{
    public int Line { get; } = line;
}
