using System.Text;
using System.Text.RegularExpressions;
using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.Web;

/// <summary>
/// Wikitext in readable form: links by their labels, well-known templates by their words, tables as rows; other templates, references, pictures, categories and markup are dropped.
/// </summary>
internal static partial class Wikitext
{
    private const int DeepestNesting = 40;

    // Elements whose content is no running text.
    private static readonly string[] _dropped = ["ref", "gallery", "math", "timeline", "score", "syntaxhighlight", "source", "imagemap", "templatedata", "graph", "hiero", "chem", "inputbox", "categorytree"];
    private static readonly string[] _withoutText = ["file", "image", "media", "category", "файл", "картинка", "категория", "fichier", "catégorie", "datei", "bild", "kategorie", "archivo", "categoría", "categoria", "immagine", "ficheiro", "arquivo", "bestand", "afbeelding", "categorie", "plik", "grafika", "kategoria", "fil", "kategori", "ファイル", "画像", "文件", "分类", "分類", "檔案", "파일", "분류", "tập tin", "thể loại", "dosya", "ملف", "صورة", "تصنيف", "קובץ", "קטגוריה"];

    /// <param name="tables">Whether tables become rows, cells divided by tabs; else they are dropped.</param>
    public static string ToText(string wikitext, bool tables = true)
    {
        var text = Comments().Replace(wikitext, "");
        text = Elements(text);
        text = Templates(text, tables);
        text = tables ? Tables(text) : DropTables(text);
        text = Links(text);
        text = ExternalLinks().Replace(text, m => m.Groups[1].Value);
        text = Quotes().Replace(text, "");
        text = Words().Replace(text, "");
        text = Tags().Replace(text, m => m.Value.StartsWith("<br", StringComparison.OrdinalIgnoreCase) ? "\n" : "");
        text = HtmlEntities.Decode(text);
        return Lines(text);
    }

    private static string Elements(string text)
    {
        text = NoWiki().Replace(text, m => m.Groups[1].Value.Replace("[", "&#91;").Replace("{", "&#123;").Replace("'", "&#39;"));
        foreach (var name in _dropped)
        {
            if (text.IndexOf($"<{name}", StringComparison.OrdinalIgnoreCase) < 0) continue;
            var kept = new StringBuilder(text.Length);
            var at = 0;
            while (text.IndexOf($"<{name}", at, StringComparison.OrdinalIgnoreCase) is >= 0 and var begin)
            {
                var close = text.IndexOf('>', begin);
                // <references> is not <ref>.
                if (close < 0 || char.IsLetter(text[begin + name.Length + 1]))
                {
                    kept.Append(text, at, begin + 1 - at);
                    at = begin + 1;
                    continue;
                }
                kept.Append(text, at, begin - at);
                if (text[close - 1] == '/') at = close + 1;
                else
                {
                    var end = text.IndexOf($"</{name}", close, StringComparison.OrdinalIgnoreCase);
                    var last = end < 0 ? close : text.IndexOf('>', end);
                    at = last < 0 ? text.Length : last + 1;
                }
            }
            text = kept.Append(text, at, text.Length - at).ToString();
        }
        return text;
    }

    /// <summary>Inner templates first; those that say words are replaced by them.</summary>
    private static string Templates(string text, bool resolve)
    {
        var open = new Stack<int>();
        var output = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '{' && i + 1 < text.Length && text[i + 1] == '{' && open.Count < DeepestNesting)
            {
                open.Push(output.Length);
                output.Append("{{");
                i++;
            }
            else if (text[i] == '}' && i + 1 < text.Length && text[i + 1] == '}' && open.Count > 0)
            {
                var begin = open.Pop();
                var body = output.ToString(begin + 2, output.Length - begin - 2);
                output.Length = begin;
                output.Append(resolve ? Resolved(body) : "");
                i++;
                while (i + 1 < text.Length && text[i + 1] == '}' && output.Length > 0 && output[^1] == '{')
                {
                    output.Length--;
                    i++;
                }
            }
            else output.Append(text[i]);
        }
        return open.Count == 0 ? output.ToString() : output.ToString().Replace("{{", "");
    }

    private static string Resolved(string body)
    {
        var parts = Split(body);
        var name = parts[0].Trim().ToLowerInvariant();
        var values = parts.Skip(1).Where(p => !NamedParameter().IsMatch(p)).Select(p => p.Trim()).ToList();
        return name switch
        {
            "lang" or "tlit" or "transl" or "transliteration" or "langx" when values.Count > 1 => values[^1],
            _ when name.StartsWith("lang-", StringComparison.Ordinal) && values.Count > 0 => values[0],
            "convert" or "cvt" when values.Count > 1 => values[1] is "to" or "-" or "–" or "and" && values.Count > 3 ? $"{values[0]} {values[1]} {values[2]} {values[3]}" : $"{values[0]} {values[1]}",
            "nowrap" or "nobr" or "small" or "big" or "smallcaps" or "sc" or "em" or "strong" or "sup" or "sub" or "abbr" or "tooltip" or "quote" or "blockquote" or "cquote" or "mvar" or "var" or "center" or "nihongo" or "unicode" or "ipa" or "linktext" or "ill" or "interlanguage link" when values.Count > 0 => values[0],
            "ndash" or "en dash" or "spaced ndash" or "snd" => " – ",
            "mdash" or "em dash" or "spnd" => "—",
            "nbsp" or "space" => " ",
            "frac" or "fraction" when values.Count == 2 => $"{values[0]}/{values[1]}",
            "val" or "formatnum" or "gaps" or "circa" or "c." or "inflation" when values.Count > 0 => name is "circa" or "c." ? $"c. {values[0]}" : string.Concat(values),
            "as of" when values.Count > 0 => $"As of {string.Join(' ', values)}",
            "!" => "|",
            "=" => "=",
            _ => "",
        };
    }

    /// <summary>Parts of a template or link divided by bars that stand in no link.</summary>
    private static List<string> Split(string body)
    {
        var parts = new List<string>();
        var (begin, depth) = (0, 0);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] == '[' && i + 1 < body.Length && body[i + 1] == '[') depth++;
            else if (body[i] == ']' && i + 1 < body.Length && body[i + 1] == ']') depth--;
            else if (body[i] == '|' && depth <= 0)
            {
                parts.Add(body[begin..i]);
                begin = i + 1;
            }
        }
        parts.Add(body[begin..]);
        return parts;
    }

    private static string Tables(string text)
    {
        if (!text.Contains("{|", StringComparison.Ordinal)) return text;
        var output = new StringBuilder(text.Length);
        var (depth, row) = (0, new List<string>());
        foreach (var line in text.Split('\n'))
        {
            var trimmed = line.TrimStart(' ', ':', '*');
            if (trimmed.StartsWith("{|", StringComparison.Ordinal))
            {
                depth++;
                continue;
            }
            if (depth == 0)
            {
                output.Append(line).Append('\n');
                continue;
            }
            if (trimmed.StartsWith("|}", StringComparison.Ordinal))
            {
                Row();
                output.Append('\n');
                depth--;
            }
            else if (trimmed.StartsWith("|-", StringComparison.Ordinal)) Row();
            else if (trimmed.StartsWith("|+", StringComparison.Ordinal)) output.Append(Cell(trimmed[2..])).Append('\n');
            else if (trimmed.StartsWith('|') || trimmed.StartsWith('!')) row.AddRange((trimmed[0] == '!' ? trimmed[1..].Replace("!!", "||") : trimmed[1..]).Split("||").Select(Cell));
            else if (row.Count > 0) row[^1] += $" {trimmed.Trim()}";
        }
        Row();
        return output.ToString();

        void Row()
        {
            if (row.Exists(cell => cell.Length > 0)) output.Append(string.Join('\t', row)).Append('\n');
            row.Clear();
        }
    }

    // Attributes of a cell stand before a bar that is in no link.
    private static string Cell(string cell) => Split(cell) is { Count: 2 } parts && parts[0].Contains('=') ? parts[1].Trim() : cell.Trim();

    private static string DropTables(string text)
    {
        var output = new StringBuilder(text.Length);
        var depth = 0;
        foreach (var line in text.Split('\n'))
        {
            var trimmed = line.TrimStart(' ', ':', '*');
            if (trimmed.StartsWith("{|", StringComparison.Ordinal)) depth++;
            else if (depth > 0 && trimmed.StartsWith("|}", StringComparison.Ordinal)) depth--;
            else if (depth == 0) output.Append(line).Append('\n');
        }
        return output.ToString();
    }

    /// <summary>Links by their labels, from the inside out; those of pictures and categories are dropped with what they hold.</summary>
    private static string Links(string text)
    {
        var open = new Stack<int>();
        var output = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '[' && i + 1 < text.Length && text[i + 1] == '[' && open.Count < DeepestNesting)
            {
                open.Push(output.Length);
                i++;
            }
            else if (text[i] == ']' && i + 1 < text.Length && text[i + 1] == ']' && open.Count > 0)
            {
                var begin = open.Pop();
                var body = output.ToString(begin, output.Length - begin);
                output.Length = begin;
                output.Append(Label(body));
                i++;
            }
            else output.Append(text[i]);
        }
        return output.ToString();
    }

    private static string Label(string body)
    {
        var bar = body.IndexOf('|');
        var target = (bar < 0 ? body : body[..bar]).Trim();
        var colon = target.IndexOf(':');
        if (colon > 0 && _withoutText.Contains(target[..colon].Trim().ToLowerInvariant())) return "";
        // A link to the page in another language.
        if (bar < 0 && colon is 2 or 3 && target[..colon].All(char.IsAsciiLetterLower)) return "";
        if (bar < 0) return target.TrimStart(':');
        var label = body[(bar + 1)..];
        return label.Length > 0 ? label : target.TrimStart(':').Split('(')[0].Trim();
    }

    private static string Lines(string text)
    {
        var output = new StringBuilder(text.Length);
        var empty = true;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (Heading().Match(line) is { Success: true } heading)
            {
                line = heading.Groups[1].Value.Trim();
                if (output.Length > 0 && !empty) output.Append('\n');
                output.Append(line).Append("\n\n");
                empty = true;
                continue;
            }
            if (line.StartsWith("----", StringComparison.Ordinal)) line = line.TrimStart('-').Trim();
            var marks = line.Length - line.TrimStart('*', '#', ':', ';').Length;
            if (marks > 0) line = (line[marks - 1] is '*' ? "- " : "") + line[marks..].Trim();
            if (line is "" or "-")
            {
                if (!empty) output.Append('\n');
                empty = true;
                continue;
            }
            output.Append(line).Append('\n');
            empty = false;
        }
        return output.ToString().Trim();
    }

    [GeneratedRegex("<!--.*?(-->|$)", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex("<nowiki>(.*?)</nowiki>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex NoWiki();

    [GeneratedRegex(@"^\s*[\w -]{1,40}=")]
    private static partial Regex NamedParameter();

    [GeneratedRegex(@"\[(?:https?:|ftp:|mailto:)?//[^\s\]]+\s*([^\]]*)\]")]
    private static partial Regex ExternalLinks();

    [GeneratedRegex("'{2,5}")]
    private static partial Regex Quotes();

    [GeneratedRegex("__[A-Z]{3,20}__")]
    private static partial Regex Words();

    [GeneratedRegex(@"</?[a-zA-Z][^<>]{0,400}>")]
    private static partial Regex Tags();

    [GeneratedRegex(@"^={1,6}\s*(.*?)\s*={1,6}$")]
    private static partial Regex Heading();
}
