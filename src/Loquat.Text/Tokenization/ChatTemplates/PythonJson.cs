using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Python's <c>json.dumps</c>: the filter <c>tojson</c> as Hugging Face defines it (no HTML escaping, ensure_ascii false unless asked).</summary>
internal sealed class PythonJson(TemplateContext context, string? indent, string itemSeparator, string keySeparator, bool sortKeys, bool ensureAscii)
{
    private readonly StringBuilder _builder = new();

    public string Write(object? value)
    {
        Write(value, 0);
        return _builder.ToString();
    }

    private void Write(object? value, int depth)
    {
        context.Step();
        switch (value)
        {
            case null: _builder.Append("null"); break;
            case bool b: _builder.Append(b ? "true" : "false"); break;
            case long i: _builder.Append(i); break;
            case double d: _builder.Append(Float(d)); break;
            case string s: Quote(s); break;
            case List<object?> list:
                Open('[', list.Count);
                for (var i = 0; i < list.Count; i++)
                {
                    Separate(i, depth + 1);
                    Write(list[i], depth + 1);
                }
                Close(']', list.Count, depth);
                break;
            case MapValue map:
                Open('{', map.Count);
                var n = 0;
                IEnumerable<KeyValuePair<object, object?>> pairs = sortKeys ? map.OrderBy(p => MapValue.KeyValue(p.Key), Comparer<object?>.Create((x, y) => TemplateValues.Compare(x, y, context))) : map;
                foreach (var (key, item) in pairs)
                {
                    Separate(n++, depth + 1);
                    Quote(Key(key));
                    _builder.Append(keySeparator);
                    Write(item, depth + 1);
                }
                Close('}', map.Count, depth);
                break;
            default: throw new TemplateFault($"a value of the kind '{TemplateValues.TypeName(value)}' cannot be written as JSON");
        }
        context.CheckLength(_builder.Length);
    }

    private static string Key(object key) => MapValue.KeyValue(key) switch
    {
        null => "null",
        string text => text,
        bool b => b ? "true" : "false",
        double d => Float(d),
        _ => key.ToString()!,
    };

    private static string Float(double d) => double.IsNaN(d) ? "NaN" : double.IsInfinity(d) ? d > 0 ? "Infinity" : "-Infinity" : PythonText.Float(d);

    private void Open(char bracket, int count)
    {
        _builder.Append(bracket);
        context.Charge(count);
    }

    private void Close(char bracket, int count, int depth)
    {
        if (count > 0) NewLine(depth);
        _builder.Append(bracket);
    }

    private void Separate(int n, int depth)
    {
        if (n > 0) _builder.Append(itemSeparator);
        NewLine(depth);
    }

    private void NewLine(int depth)
    {
        if (indent is null) return;
        _builder.Append('\n');
        context.CheckLength(_builder.Length + (long)indent.Length * depth);
        for (var i = 0; i < depth; i++) _builder.Append(indent);
    }

    private void Quote(string text)
    {
        context.Charge(text.Length);
        _builder.Append('"');
        foreach (var c in text)
            _ = c switch
            {
                '"' => _builder.Append("\\\""),
                '\\' => _builder.Append("\\\\"),
                '\n' => _builder.Append("\\n"),
                '\r' => _builder.Append("\\r"),
                '\t' => _builder.Append("\\t"),
                '\b' => _builder.Append("\\b"),
                '\f' => _builder.Append("\\f"),
                < ' ' => _builder.Append($"\\u{(int)c:x4}"),
                > '~' when ensureAscii => _builder.Append($"\\u{(int)c:x4}"),
                _ => _builder.Append(c),
            };
        _builder.Append('"');
    }
}
