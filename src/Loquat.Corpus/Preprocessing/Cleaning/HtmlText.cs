using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>
/// Takes the tags out of a text that has some: block elements become line breaks, other tags vanish, references are decoded. A light step for text that is not a page; pages are for the reader of HTML, which knows
/// what of them is the article.
/// </summary>
public static class HtmlText
{
    private static readonly HashSet<string> _blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
        "hr", "html", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    };

    private static readonly HashSet<string> _unseen = new(StringComparer.OrdinalIgnoreCase) { "script", "style", "template", "title" };

    // Outside of quoted values a longer tag is none.
    private const int LongestTag = 4096;

    public static string Strip(string html) => new Stripper(html).Run();

    private sealed class Stripper(string html)
    {
        private readonly StringBuilder _result = new(html.Length);
        private readonly int _lastBracket = html.LastIndexOf('>');
        private int _silent; // how deep inside elements whose text is not shown
        private bool _noMoreComments;

        public string Run()
        {
            for (var i = 0; i < html.Length;)
            {
                var tag = html.IndexOf('<', i);
                if (tag < 0) tag = html.Length;
                if (tag > i) AddText(html.AsSpan(i, tag - i));
                if (tag == html.Length) break;
                i = Markup(tag);
            }
            return Lines();
        }

        // What begins with <; gives the place after it.
        private int Markup(int start)
        {
            var after = start + 1 < html.Length ? html[start + 1] : '\0';
            if (char.IsAsciiLetter(after))
            {
                var end = TagEnd(start + 1);
                if (end < 0) return Unclosed(start);
                var name = Name(start + 1);
                if (_blocks.Contains(name)) _result.Append('\n');
                if (html[end - 2] == '/' || !_unseen.Contains(name)) return end;
                _silent++;
                // Inside a script nothing is a tag but its end.
                return name.ToLowerInvariant() is "script" or "style" ? RawEnd(end, name) : end;
            }
            if (after == '/' && start + 2 < html.Length && char.IsAsciiLetter(html[start + 2]))
            {
                var end = After('>', start + 2);
                if (end == 0) return Unclosed(start);
                var name = Name(start + 2);
                if (_blocks.Contains(name)) _result.Append('\n');
                if (_silent > 0 && _unseen.Contains(name)) _silent--;
                return end;
            }
            if (html.AsSpan(start).StartsWith("<!--")) return CommentEnd(start + 4) is > 0 and var comment ? comment : Unclosed(start);
            if (after is '!' or '?' or '/') return After('>', start + 2) is > 0 and var declaration ? declaration : Unclosed(start);
            AddText("<");
            return start + 1;
        }

        // The place after the next >; 0 where there is none.
        private int After(char bracket, int start) => start > _lastBracket ? 0 : html.IndexOf(bracket, start) + 1;

        private int CommentEnd(int start)
        {
            if (_noMoreComments || start > _lastBracket) return 0;
            for (var close = html.IndexOf("--", start, StringComparison.Ordinal); close >= 0; close = html.IndexOf("--", close + 1, StringComparison.Ordinal))
            {
                var bracket = close + 2;
                while (bracket < html.Length && WhiteSpace.Is(html[bracket])) bracket++;
                if (bracket < html.Length && html[bracket] == '>') return bracket + 1;
            }
            _noMoreComments = true;
            return 0;
        }

        // An unfinished tag is text.
        private int Unclosed(int start)
        {
            var end = After('>', start + 1);
            if (end == 0) end = html.IndexOf('<', start + 1);
            if (end < 0) end = start + 1;
            AddText(html.AsSpan(start, end - start));
            return end;
        }

        private string Name(int start)
        {
            var end = start;
            while (end < html.Length && html[end] is not ('\t' or '\n' or '\r' or '\f' or ' ' or '/' or '>')) end++;
            return html[start..end];
        }

        /// <summary>The place after a tag's &gt;, which does not count inside a quoted value; -1 where there is none.</summary>
        private int TagEnd(int start)
        {
            var value = false; // right after an equals sign, where a quote opens a value
            for (int i = start, length = 0; i <= _lastBracket && length < LongestTag; i++, length++)
            {
                var c = html[i];
                if (value && (c is '"' or '\''))
                {
                    i = html.IndexOf(c, i + 1);
                    if (i < 0) return -1;
                    value = false;
                }
                else if (c == '>') return i + 1;
                else if (c == '=') value = true;
                else if (!WhiteSpace.Is(c)) value = false;
            }
            return -1;
        }

        private int RawEnd(int start, string name)
        {
            var end = html.IndexOf("</" + name, start, StringComparison.OrdinalIgnoreCase);
            return end < 0 ? html.Length : end;
        }

        private void AddText(ReadOnlySpan<char> text)
        {
            if (_silent > 0) return;
            var decoded = text.Contains('&') ? HtmlReferences.Unescape(text.ToString()) : text;
            var space = false;
            foreach (var c in decoded)
            {
                if (!WhiteSpace.Is(c)) _result.Append(c);
                else if (!space) _result.Append(' ');
                space = WhiteSpace.Is(c);
            }
        }

        private string Lines()
        {
            var lines = new StringBuilder(_result.Length);
            foreach (var line in _result.ToString().Split('\n'))
            {
                var words = WhiteSpace.Collapse(line);
                if (words.Length == 0) continue;
                if (lines.Length > 0) lines.Append('\n');
                lines.Append(words);
            }
            return lines.ToString();
        }
    }
}
