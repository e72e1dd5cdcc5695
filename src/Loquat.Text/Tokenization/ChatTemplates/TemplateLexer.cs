using System.Text;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>
/// Cuts a template into text and tags with Hugging Face's settings: trim_blocks (the line end after a block or a comment goes)
/// and lstrip_blocks (the indent before a block or a comment goes); '-' strips all white space on its side, '+' turns both off.
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators = ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _lineCountedTo;

    private TemplateLexer(string source)
    {
        source = source.ReplaceLineEndings("\n");
        _source = source.EndsWith('\n') ? source[..^1] : source;
    }

    public static List<TemplateToken> Read(string source)
    {
        var lexer = new TemplateLexer(source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        var lineStarting = true;
        while (_at < _source.Length)
        {
            var tag = FindTag(_at);
            if (tag < 0)
            {
                AddText(_source.AsSpan(_at));
                break;
            }
            var kind = _source[tag + 1];
            var sign = tag + 2 < _source.Length ? _source[tag + 2] : '\0';
            AddText(TextBefore(_source.AsSpan(_at, tag - _at), kind, sign, lineStarting));
            _at = tag + (sign is '-' or '+' ? 3 : 2);
            if (kind == '#') SkipComment(tag);
            else if (kind == '%' && TryReadRaw(tag)) { }
            else ReadTag(kind, tag);
            lineStarting = _source[_at - 1] == '\n';
        }
        _tokens.Add(new(TemplateTokenKind.End, "", LineAt(_source.Length)));
    }

    private int FindTag(int from)
    {
        for (var i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
            if (_source[i + 1] is '{' or '%' or '#') return i;
        return -1;
    }

    private static ReadOnlySpan<char> TextBefore(ReadOnlySpan<char> text, char kind, char sign, bool lineStarting)
    {
        if (sign == '-') return PythonText.TrimEnd(text);
        if (sign == '+' || kind == '{') return text;
        var line = text.LastIndexOf('\n') + 1;
        return (line > 0 || lineStarting) && PythonText.TrimEnd(text[line..]).IsEmpty ? text[..line] : text;
    }

    private void AddText(ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty) _tokens.Add(new(TemplateTokenKind.Text, text.ToString(), LineAt(_at)));
    }

    private void SkipComment(int tag)
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw new TemplateFault("this comment '{#' has no end '#}'", LineAt(tag));
        var sign = end > _at ? _source[end - 1] : '\0';
        _at = end + 2;
        AfterBlock(sign);
    }

    private void AfterBlock(char sign)
    {
        if (sign == '-') SkipSpace();
        else if (sign != '+' && _at < _source.Length && _source[_at] == '\n') _at++;
    }

    private void SkipSpace()
    {
        while (_at < _source.Length && PythonText.IsSpace(_source[_at])) _at++;
    }

    private bool TryReadRaw(int tag)
    {
        var start = _at;
        SkipSpace();
        if (string.CompareOrdinal(_source, _at, "raw", 0, 3) != 0) { _at = start; return false; }
        _at += 3;
        SkipSpace();
        var strip = _at < _source.Length && _source[_at] == '-';
        if (strip) _at++;
        if (string.CompareOrdinal(_source, _at, "%}", 0, 2) != 0) { _at = start; return false; }
        _at += 2;
        if (strip) SkipSpace();
        var body = _at;
        for (var end = _source.IndexOf("{%", body, StringComparison.Ordinal); end >= 0; end = _source.IndexOf("{%", end + 2, StringComparison.Ordinal))
        {
            _at = end + 2;
            var sign = _at < _source.Length ? _source[_at] : '\0';
            if (sign is '-' or '+') _at++;
            SkipSpace();
            if (string.CompareOrdinal(_source, _at, "endraw", 0, 6) != 0) continue;
            _at += 6;
            SkipSpace();
            var close = _at < _source.Length ? _source[_at] : '\0';
            if (close is '-' or '+') _at++;
            if (string.CompareOrdinal(_source, _at, "%}", 0, 2) != 0) continue;
            var after = _at + 2;
            _at = body;
            AddText(TextBefore(_source.AsSpan(body, end - body), '%', sign, lineStarting: false));
            _at = after;
            AfterBlock(close);
            return true;
        }
        throw new TemplateFault("this 'raw' block has no 'endraw'", LineAt(tag));
    }

    private void ReadTag(char kind, int tag)
    {
        var (begin, end, close) = kind == '{'
            ? (TemplateTokenKind.VariableBegin, TemplateTokenKind.VariableEnd, "}}")
            : (TemplateTokenKind.BlockBegin, TemplateTokenKind.BlockEnd, "%}");
        _tokens.Add(new(begin, kind == '{' ? "{{" : "{%", LineAt(tag)));
        var brackets = 0;
        while (true)
        {
            SkipSpace();
            if (_at >= _source.Length) throw new TemplateFault($"this tag has no end '{close}'", LineAt(tag));
            if (brackets == 0)
            {
                var sign = _source[_at] is '-' or '+' ? _source[_at] : '\0';
                if ((sign != '+' || kind == '%') && string.CompareOrdinal(_source, _at + (sign == '\0' ? 0 : 1), close, 0, 2) == 0)
                {
                    _tokens.Add(new(end, close, LineAt(_at)));
                    _at += sign == '\0' ? 2 : 3;
                    if (kind == '%') AfterBlock(sign);
                    else if (sign == '-') SkipSpace();
                    return;
                }
            }
            var token = ReadToken();
            if (token.Kind == TemplateTokenKind.Operator)
                brackets += token.Text is "(" or "[" or "{" ? 1 : token.Text is ")" or "]" or "}" ? -1 : 0;
            if (brackets < 0) throw new TemplateFault($"'{token.Text}' closes a bracket that was not opened", token.Line);
            _tokens.Add(token);
        }
    }

    private TemplateToken ReadToken()
    {
        var c = _source[_at];
        var line = LineAt(_at);
        if (c is '\'' or '"') return new(TemplateTokenKind.String, ReadString(c, line), line);
        if (char.IsAsciiDigit(c)) return ReadNumber(line);
        if (c == '_' || char.IsLetter(c))
        {
            var start = _at;
            while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at]))) _at++;
            return new(TemplateTokenKind.Name, _source[start.._at], line);
        }
        foreach (var text in Operators)
            if (string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0)
            {
                _at += text.Length;
                return new(TemplateTokenKind.Operator, text, line);
            }
        throw new TemplateFault($"the character '{c}' (U+{(int)c:X4}) has no meaning here", line);
    }

    private TemplateToken ReadNumber(int line)
    {
        var start = _at;
        var afterDot = start > 0 && _source[start - 1] == '.';
        Digits();
        var real = false;
        if (!afterDot && _at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1]))
        {
            real = true;
            _at++;
            Digits();
        }
        var exponent = _at + 1 < _source.Length && _source[_at] is 'e' or 'E' ? _at + (_source[_at + 1] is '+' or '-' ? 2 : 1) : _source.Length;
        if (!afterDot && exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
        {
            real = true;
            _at = exponent;
            Digits();
        }
        return new(real ? TemplateTokenKind.Float : TemplateTokenKind.Integer, _source[start.._at].Replace("_", ""), line);
    }

    private void Digits()
    {
        while (_at < _source.Length && (char.IsAsciiDigit(_source[_at]) || _source[_at] == '_')) _at++;
    }

    private string ReadString(char quote, int line)
    {
        var text = new StringBuilder();
        for (_at++; _at < _source.Length; _at++)
        {
            var c = _source[_at];
            if (c == quote)
            {
                _at++;
                return text.ToString();
            }
            if (c != '\\' || _at + 1 >= _source.Length) text.Append(c);
            else ReadEscape(text);
        }
        throw new TemplateFault($"this string has no closing {quote}", line);
    }

    private void ReadEscape(StringBuilder text)
    {
        var c = _source[++_at];
        switch (c)
        {
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case 'a': text.Append('\a'); break;
            case '\n': break;
            case '\\' or '\'' or '"': text.Append(c); break;
            case 'x' when TryHex(2, out var value): text.Append((char)value); break;
            case 'u' when TryHex(4, out var value): text.Append((char)value); break;
            case 'U' when TryHex(8, out var value) && Rune.IsValid(value): text.Append(new Rune(value).ToString()); break;
            case >= '0' and <= '7':
                var octal = 0;
                for (var i = 0; i < 3 && _at < _source.Length && _source[_at] is >= '0' and <= '7'; i++) octal = octal * 8 + (_source[_at++] - '0');
                _at--;
                text.Append((char)octal);
                break;
            default: text.Append('\\').Append(c); break;
        }
    }

    private bool TryHex(int digits, out int value)
    {
        value = 0;
        if (_at + digits >= _source.Length || !int.TryParse(_source.AsSpan(_at + 1, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out value)) return false;
        _at += digits;
        return true;
    }

    private int LineAt(int position)
    {
        for (; _lineCountedTo < position; _lineCountedTo++)
            if (_source[_lineCountedTo] == '\n') _line++;
        return _line;
    }
}
