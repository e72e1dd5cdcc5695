using System.Runtime.CompilerServices;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>The tokens of a template and the place reached; the base of both parsers.</summary>
internal sealed class TemplateReader(List<TemplateToken> tokens)
{
    private int _at;

    public TemplateToken Current => tokens[_at];

    public TemplateToken Next => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public int Line => Current.Line;

    public TemplateToken Take()
    {
        var token = tokens[_at];
        if (_at < tokens.Count - 1) _at++;
        return token;
    }

    public bool TakeOperator(string text) => Current.IsOperator(text) && Take() is var _;

    public bool TakeName(string text) => Current.IsName(text) && Take() is var _;

    public void Expect(string op)
    {
        if (!TakeOperator(op)) throw Unexpected($"'{op}'");
    }

    public void Expect(TemplateTokenKind kind)
    {
        if (Current.Kind != kind) throw Unexpected(kind == TemplateTokenKind.BlockEnd ? "'%}'" : kind == TemplateTokenKind.VariableEnd ? "'}}'" : kind.ToString());
        Take();
    }

    public string ExpectName(string what) => Current.Kind == TemplateTokenKind.Name ? Take().Text : throw Unexpected(what);

    public TemplateFault Unexpected(string wanted) => new($"expected {wanted}, found {Current}", Line);

    public void GuardStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("the template is nested too deeply", Line);
    }
}
