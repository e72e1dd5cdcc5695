namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>str.split, rsplit and splitlines.</summary>
internal static class TemplateSplit
{
    private static readonly System.Buffers.SearchValues<char> LineEnds = System.Buffers.SearchValues.Create("\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");

    public static List<object?> Split(TemplateContext context, string text, string? separator, long most)
    {
        context.Charge(text.Length);
        if (separator is null) return Words(context, text, most);
        if (separator.Length == 0) throw new TemplateFault("'split' needs a separator that is not empty");
        var parts = new List<object?>();
        var at = 0;
        for (var next = text.IndexOf(separator, StringComparison.Ordinal); next >= 0 && most != 0; next = text.IndexOf(separator, at, StringComparison.Ordinal))
        {
            context.Step();
            parts.Add(text[at..next]);
            at = next + separator.Length;
            most--;
        }
        parts.Add(text[at..]);
        return parts;
    }

    public static List<object?> SplitFromEnd(TemplateContext context, string text, string? separator, long most)
    {
        if (most < 0) return Split(context, text, separator, most);
        if (separator is null or "") throw new TemplateFault("'rsplit' with a count needs a separator");
        var parts = new List<object?>();
        var end = text.Length;
        while (most-- > 0 && end > 0)
        {
            context.Charge(end);
            var at = text.LastIndexOf(separator, end - 1, StringComparison.Ordinal);
            if (at < 0) break;
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }
        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static List<object?> Words(TemplateContext context, string text, long most)
    {
        var parts = new List<object?>();
        var rest = PythonText.TrimStart(text);
        while (!rest.IsEmpty)
        {
            context.Step();
            var end = 0;
            while (end < rest.Length && !PythonText.IsSpace(rest[end])) end++;
            if (most-- == 0)
            {
                parts.Add(rest.ToString());
                break;
            }
            parts.Add(rest[..end].ToString());
            rest = PythonText.TrimStart(rest[end..]);
        }
        return parts;
    }

    public static List<object?> Lines(TemplateContext context, string text, bool keepEnds)
    {
        context.Charge(text.Length);
        var lines = new List<object?>();
        for (var at = 0; at < text.Length;)
        {
            context.Step();
            var length = text.AsSpan(at).IndexOfAny(LineEnds);
            if (length < 0) length = text.Length - at;
            var next = at + length + (at + length >= text.Length ? 0 : text[at + length] == '\r' && at + length + 1 < text.Length && text[at + length + 1] == '\n' ? 2 : 1);
            lines.Add(keepEnds ? text[at..next] : text.Substring(at, length));
            at = next;
        }
        return lines;
    }
}
