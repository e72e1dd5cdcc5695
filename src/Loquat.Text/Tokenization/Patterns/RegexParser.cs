using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>Reads the syntax of Oniguruma as far as tokenizers use it.</summary>
internal sealed class RegexParser(string pattern, string place)
{
    private const int DeepestNesting = 200;

    private static readonly string[] _posix = ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];

    private int _at;
    private int _depth;
    private bool _ignoreCase;
    private bool _dotAll;
    private bool _extended;

    public RegexNode Parse()
    {
        var node = Alternatives();
        return _at == pattern.Length ? node : throw Wrong("')' without '('");
    }

    private bool More => _at < pattern.Length;

    private DataException Wrong(string what) =>
        new($"{place}: the regular expression '{(pattern.Length > 200 ? pattern[..200] + "…" : pattern)}' cannot be used at character {_at}: {what}.");

    private RegexNode Alternatives()
    {
        if (++_depth > DeepestNesting) throw Wrong($"groups are nested deeper than {DeepestNesting}");
        var (ignoreCase, dotAll, extended) = (_ignoreCase, _dotAll, _extended);
        var branches = new List<RegexNode> { Branch() };
        while (Take('|')) branches.Add(Branch());
        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
        _depth--;
        return branches.Count == 1 ? branches[0] : new RegexNode.Either(branches);
    }

    private RegexNode Branch()
    {
        var parts = new List<RegexNode>();
        while (More && pattern[_at] is not ('|' or ')'))
        {
            if (_extended && (char.IsWhiteSpace(pattern[_at]) || pattern[_at] == '#'))
            {
                if (pattern[_at++] != '#') continue;
                while (More && pattern[_at] != '\n') _at++;
                continue;
            }
            if (Atom() is not { } atom) continue;
            var part = Quantified(atom);
            if (part is RegexNode.Literal next && parts.LastOrDefault() is RegexNode.Literal before && before.IgnoreCase == next.IgnoreCase)
                parts[^1] = before with { CodePoints = [.. before.CodePoints, .. next.CodePoints] };
            else
                parts.Add(part);
        }
        return parts.Count == 1 ? parts[0] : new RegexNode.Sequence(parts);
    }

    private RegexNode Quantified(RegexNode node)
    {
        while (More)
        {
            var (least, most, counted) = (0, 0, false);
            if (Take('*')) (least, most) = (0, -1);
            else if (Take('+')) (least, most) = (1, -1);
            else if (Take('?')) (least, most) = (0, 1);
            else if (pattern[_at] == '{' && Counts(out least, out most)) counted = true;
            else break;
            var lazy = Take('?');
            var possessive = !lazy && !counted && Take('+');
            if (IsPlace(node)) throw Wrong("an anchor or a look around cannot be repeated");
            if (most >= 0 && most < least) throw Wrong($"{{{least},{most}}} allows nothing");
            if ((least, most) != (1, 1)) node = new RegexNode.Repeat(node, least, most, lazy, possessive);
        }
        return node;
    }

    private bool Counts(out int least, out int most)
    {
        (least, most) = (0, -1);
        var end = pattern.IndexOf('}', _at);
        if (end < 0) return false;
        var parts = pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || parts[0].Length == 0 && (parts.Length == 1 || parts[1].Length == 0)) return false;
        if (parts[0].Length > 0 && !Count(parts[0], out least)) return false;
        if (parts.Length == 1) most = least;
        else if (parts[1].Length > 0 && !Count(parts[1], out most)) return false;
        _at = end + 1;
        return true;
    }

    private bool Count(string digits, out int value)
    {
        value = 0;
        if (!digits.All(char.IsAsciiDigit)) return false;
        if (digits.Length > 4) throw Wrong($"a repetition of {digits} is over the limit of 9999");
        value = int.Parse(digits);
        return true;
    }

    private RegexNode? Atom()
    {
        var c = CodePoints.At(pattern, _at, out var next);
        switch (c)
        {
            case '(': return Group();
            case '[':
                _at++;
                return FoldedClass();
            case '.':
                _at++;
                return new RegexNode.Set(_dotAll ? CharacterSet.Any : CharacterSet.NotLineFeed);
            case '^':
                _at++;
                return new RegexNode.Anchor(RegexAnchor.LineStart);
            case '$':
                _at++;
                return new RegexNode.Anchor(RegexAnchor.LineEnd);
            case '\\':
                _at++;
                return Escape();
            case '*' or '+' or '?': throw Wrong($"'{(char)c}' has nothing to repeat");
            default:
                _at = next;
                return Literal(c);
        }
    }

    private RegexNode.Literal Literal(int c) => new([c], _ignoreCase);

    // A text does not go on through the bounds of such a group, and places in it can be repeated.
    private static RegexNode Apart(RegexNode node) => node is RegexNode.Literal { IgnoreCase: true } || IsPlace(node) ? new RegexNode.Sequence([node]) : node;

    private static bool IsPlace(RegexNode node) => node is RegexNode.Anchor or RegexNode.Look || node is RegexNode.Either either && either.Branches.Exists(IsPlace);

    private RegexNode? Group()
    {
        _at++;
        if (!Take('?')) return Apart(Close(Alternatives()));
        if (Take(':')) return Close(Alternatives());
        if (Take('=')) return new RegexNode.Look(Close(Alternatives()), Ahead: true, Negative: false);
        if (Take('!')) return new RegexNode.Look(Close(Alternatives()), Ahead: true, Negative: true);
        if (Take('>')) return new RegexNode.Atomic(Close(Alternatives()));
        if (Take('#'))
        {
            _at = pattern.IndexOf(')', _at) is >= 0 and var end ? end + 1 : throw Wrong("a comment has no end");
            return null;
        }
        if (Take("<=")) return new RegexNode.Look(Close(Alternatives()), Ahead: false, Negative: false);
        if (Take("<!")) return new RegexNode.Look(Close(Alternatives()), Ahead: false, Negative: true);
        if (Take('<') || Take("P<"))
        {
            _at = pattern.IndexOf('>', _at) is >= 0 and var end ? end + 1 : throw Wrong("a group's name has no end");
            return Apart(Close(Alternatives()));
        }
        return Options();
    }

    private RegexNode? Options()
    {
        var before = (_ignoreCase, _dotAll, _extended);
        var on = true;
        while (More)
            switch (pattern[_at++])
            {
                case '-': on = false; break;
                case 'i': _ignoreCase = on; break;
                case 'm' or 's': _dotAll = on; break;
                case 'x': _extended = on; break;
                case ')':
                    // The rest of the enclosing group, all its branches.
                    return Apart(Alternatives());
                case ':':
                    var body = Close(Alternatives());
                    (_ignoreCase, _dotAll, _extended) = before;
                    return Apart(body);
                default:
                    _at--;
                    throw Wrong("an unknown option after '(?'");
            }
        throw Wrong("a group has no end");
    }

    private RegexNode Close(RegexNode node) => Take(')') ? node : throw Wrong("'(' without ')'");

    private RegexNode Escape()
    {
        if (!More) throw Wrong("a backslash ends it");
        switch (pattern[_at])
        {
            case 'A': _at++; return new RegexNode.Anchor(RegexAnchor.TextStart);
            case 'z': _at++; return new RegexNode.Anchor(RegexAnchor.TextEnd);
            case 'Z': _at++; return new RegexNode.Anchor(RegexAnchor.TextEndOrLastLine);
            case 'b': _at++; return new RegexNode.Anchor(RegexAnchor.WordBoundary);
            case 'B': _at++; return new RegexNode.Anchor(RegexAnchor.NotWordBoundary);
            case 'R':
                _at++;
                var crlf = new RegexNode.Sequence([Literal('\r'), Literal('\n')]);
                return new RegexNode.Atomic(new RegexNode.Either([crlf, new RegexNode.Set(new(c => c is >= 10 and <= 13 or 0x85 or 0x2028 or 0x2029))]));
            case 'G' or 'K' or 'X' or 'k' or 'g' or (>= '1' and <= '9'): throw Wrong($"'\\{pattern[_at]}' is not supported");
            default:
                if (Shorthand(inBrackets: false) is { } set) return new RegexNode.Set(set);
                return Literal(EscapedCharacter());
        }
    }

    /// <summary>`\s`, `\p{…}` and their like, or null with nothing read.</summary>
    private CharacterSet? Shorthand(bool inBrackets)
    {
        var word = inBrackets ? CharacterSet.Word : CharacterSet.WordAlone;
        var set = pattern[_at] switch
        {
            's' => CharacterSet.WhiteSpace,
            'S' => CharacterSet.WhiteSpace.Not(),
            'w' => word,
            'W' => word.Not(),
            'd' => CharacterSet.Digit,
            'D' => CharacterSet.Digit.Not(),
            'h' => CharacterSet.HexDigit,
            'H' => CharacterSet.HexDigit.Not(),
            'N' => CharacterSet.NotLineFeed,
            'O' => CharacterSet.Any,
            _ => null,
        };
        if (set is not null)
        {
            _at++;
            return set;
        }
        // Without a brace it is the letter p.
        var negative = pattern[_at] == 'P';
        if (!Take("p{") && !Take("P{")) return null;
        var end = pattern.IndexOf('}', _at);
        if (end < 0) throw Wrong("'\\p{' has no end");
        negative ^= Take('^');
        var name = pattern[_at..end];
        _at = end + 1;
        var property = CharacterSet.Property(name) ?? throw Wrong($"the property '{name}' is not known; known are scripts ('Greek'), categories ('Lu', 'Punctuation'), blocks ('In_Arrows') and properties such as 'Alphabetic', of Unicode 16");
        if (property == CharacterSet.Word) property = word;
        return negative ? property.Not() : property;
    }

    private int EscapedCharacter()
    {
        var c = CodePoints.At(pattern, _at, out _at);
        switch (c)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return 27;
            case '0': return 0;
            case 'u': return Hex(4);
            case 'x' when Take('{'):
                var end = pattern.IndexOf('}', _at);
                if (end < 0 || end - _at is < 1 or > 6) throw Wrong("'\\x{' needs 1 to 6 hexadecimal digits and '}'");
                var value = Hex(end - _at);
                _at++;
                return value <= 0x10FFFF ? value : throw Wrong("a code point is over 10FFFF");
            case 'x': return Hex(2);
            default: return c;
        }
    }

    private int Hex(int digits)
    {
        if (_at + digits > pattern.Length || !int.TryParse(pattern.AsSpan(_at, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
            throw Wrong($"{digits} hexadecimal digits are missing");
        _at += digits;
        return value;
    }

    // After '['. Case is ignored in the whole, and not in the parts.
    private RegexNode FoldedClass()
    {
        var set = Class(out var negative);
        if (!_ignoreCase) return new RegexNode.Set(negative ? set.Not() : set);
        var folded = set.IgnoringCase();
        if (negative) return new RegexNode.Set(folded.Not());
        var sequences = CaseFolds.Sequences.Where(s => set.Contains(s.CodePoint)).Select(s => s.Sequence).DistinctBy(s => string.Join(' ', s)).ToList();
        return sequences.Count == 0 ? new RegexNode.Set(folded) : new RegexNode.FoldedSet(folded, sequences);
    }

    private CharacterSet Class(out bool negative)
    {
        if (++_depth > DeepestNesting) throw Wrong($"sets are nested deeper than {DeepestNesting}");
        negative = Take('^');
        var items = new List<CharacterSet>();
        CharacterSet? intersection = null;
        for (var first = true; ; first = false)
        {
            if (!More) throw Wrong("'[' without ']'");
            if (!first && Take(']')) break;
            if (Take("&&"))
            {
                intersection = Both(intersection, CharacterSet.Union(items));
                items.Clear();
                continue;
            }
            items.Add(Item());
        }
        _depth--;
        return Both(intersection, CharacterSet.Union(items));
    }

    private CharacterSet Inner()
    {
        var set = Class(out var negative);
        return negative ? set.Not() : set;
    }

    private static CharacterSet Both(CharacterSet? a, CharacterSet b) => a?.And(b) ?? b;

    private CharacterSet Item()
    {
        if (Posix() is { } posix) return posix;
        if (Take('[')) return Inner();
        int low;
        if (Take('\\'))
        {
            if (!More) throw Wrong("a backslash ends it");
            if (Shorthand(inBrackets: true) is { } shorthand) return shorthand;
            low = pattern[_at] == 'b' ? Backspace() : EscapedCharacter();
        }
        else
        {
            low = CodePoints.At(pattern, _at, out _at);
        }
        if (_at + 1 >= pattern.Length || pattern[_at] != '-' || pattern[_at + 1] == ']') return new(c => c == low);
        var back = _at++;
        if (pattern[_at] == '[')
        {
            _at = back;
            return new(c => c == low);
        }
        int high;
        if (Take('\\'))
        {
            if (!More) throw Wrong("a backslash ends it");
            if (pattern[_at] is 's' or 'S' or 'w' or 'W' or 'd' or 'D' or 'h' or 'H' or 'p' or 'P')
            {
                _at = back;
                return new(c => c == low);
            }
            high = EscapedCharacter();
        }
        else
        {
            high = CodePoints.At(pattern, _at, out _at);
        }
        if (high < low) throw Wrong("a range runs backwards");
        return new(c => c >= low && c <= high);
    }

    // `[:alpha:]`, or null with nothing read; without its end, or with other than letters in it, it is a set like any other.
    private CharacterSet? Posix()
    {
        if (!pattern.AsSpan(_at).StartsWith("[:")) return null;
        var end = pattern.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        if (end <= _at + 2) return null;
        var negative = pattern[_at + 2] == '^';
        var name = pattern[(_at + (negative ? 3 : 2))..end];
        if (!name.All(char.IsLetter)) return null;
        if (!_posix.Contains(name)) throw Wrong($"the class '[:{name}:]' is not known; known are {string.Join(", ", _posix)}");
        _at = end + 2;
        var set = CharacterSet.Property(name == "punct" ? "posixpunct" : name)!;
        return negative ? set.Not() : set;
    }

    private int Backspace()
    {
        _at++;
        return 8;
    }

    private bool Take(char c)
    {
        if (!More || pattern[_at] != c) return false;
        _at++;
        return true;
    }

    private bool Take(string text)
    {
        if (!pattern.AsSpan(_at).StartsWith(text)) return false;
        _at += text.Length;
        return true;
    }
}
