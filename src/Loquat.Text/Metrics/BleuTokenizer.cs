using System.Text;

namespace Loquat.Text.Metrics;

/// <summary>How BLEU cuts text into tokens; the names are sacreBLEU's.</summary>
public enum BleuTokenization
{
    /// <summary>`mteval-v13a`, the usual one: punctuation apart, numbers whole.</summary>
    V13a,

    /// <summary>`mteval-v14` international: by Unicode punctuation and symbols.</summary>
    International,

    /// <summary>Chinese characters one by one, the rest as 13a.</summary>
    Chinese,

    /// <summary>Each character.</summary>
    Character,

    /// <summary>At white space only: for text that is tokenized already.</summary>
    None,
}

/// <summary>BLEU's tokenizers, with the results of sacreBLEU 2.6.0.</summary>
public static class BleuTokenizer
{
    /// <summary>sacreBLEU's name, as it stands in signatures.</summary>
    public static string Name(BleuTokenization tokenization) => tokenization switch
    {
        BleuTokenization.V13a => "13a",
        BleuTokenization.International => "intl",
        BleuTokenization.Chinese => "zh",
        BleuTokenization.Character => "char",
        _ => "none",
    };

    /// <summary>By sacreBLEU's name.</summary>
    /// <exception cref="OptionsException">There is none of this name.</exception>
    public static BleuTokenization Parse(string name) => name switch
    {
        "13a" => BleuTokenization.V13a,
        "intl" => BleuTokenization.International,
        "zh" => BleuTokenization.Chinese,
        "char" => BleuTokenization.Character,
        "none" => BleuTokenization.None,
        "ja-mecab" or "ko-mecab" or "flores101" or "flores200" or "spm" => throw new OptionsException($"the tokenizer {name} needs a dictionary or model that Loquat does not bring; tokenize the text with it and use none, or use char."),
        _ => throw new OptionsException($"'{name}' is not a tokenizer of BLEU; allowed: 13a, intl, zh, char, none."),
    };

    /// <summary>The tokens of a line.</summary>
    public static List<string> Tokenize(string line, BleuTokenization tokenization) => tokenization switch
    {
        BleuTokenization.V13a => V13a(line),
        BleuTokenization.International => International(line),
        BleuTokenization.Chinese => MetricText.Words(SplitWestern(Chinese(MetricText.Trim(line)))),
        BleuTokenization.Character => [.. line.EnumerateRunes().Where(r => !(r.IsBmp && MetricText.IsSpace((char)r.Value))).Select(r => r.ToString())],
        _ => MetricText.Words(line),
    };

    private static List<string> V13a(string line)
    {
        line = line.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        return MetricText.Words(SplitWestern($" {Unescaped(line)} "));
    }

    /// <summary>XML's escapes of marks, one after the other.</summary>
    internal static string Unescaped(string line) => !line.Contains('&') ? line : line
        .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
        .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);

    /// <summary>ASCII marks apart; points and commas unless digits touch them, hyphens behind digits.</summary>
    internal static string SplitWestern(string line) => SplitPoints(SplitMarks(line));

    internal static string SplitMarks(string line)
    {
        var split = new StringBuilder(line.Length * 2);
        foreach (var c in line)
        {
            // All ASCII marks but ' , - and the point.
            if (c is (>= '{' and <= '~') or (>= '[' and <= '`') or (>= ' ' and <= '&') or (>= '(' and <= '+') or (>= ':' and <= '@') or '/') split.Append(' ').Append(c).Append(' ');
            else split.Append(c);
        }
        return split.ToString();
    }

    // Each step takes what it matched as a whole, so that a mark that one match took does not begin the next.
    internal static string SplitPoints(string line)
    {
        var split = new StringBuilder(line.Length * 2);
        for (var i = 0; i < line.Length; i++)
        {
            split.Append(line[i]);
            if (i + 1 < line.Length && line[i + 1] is '.' or ',' && !char.IsAsciiDigit(line[i])) split.Append(' ').Append(line[++i]).Append(' ');
        }
        line = split.ToString();
        split.Clear();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] is '.' or ',' && i + 1 < line.Length && !char.IsAsciiDigit(line[i + 1])) split.Append(' ').Append(line[i]).Append(' ').Append(line[++i]);
            else split.Append(line[i]);
        }
        line = split.ToString();
        split.Clear();
        for (var i = 0; i < line.Length; i++)
        {
            split.Append(line[i]);
            if (i + 1 < line.Length && char.IsAsciiDigit(line[i]) && line[i + 1] == '-') split.Append(' ').Append(line[++i]).Append(' ');
        }
        return split.ToString();
    }

    private static List<string> International(string line)
    {
        var runes = line.EnumerateRunes().ToList();
        var first = new List<Rune>(runes.Count * 2);
        var space = new Rune(' ');
        for (var i = 0; i < runes.Count; i++)
        {
            first.Add(runes[i]);
            if (i + 1 < runes.Count && !Rune.IsNumber(runes[i]) && Rune.IsPunctuation(runes[i + 1])) first.AddRange([space, runes[++i], space]);
        }
        var split = new StringBuilder(line.Length * 2);
        for (var i = 0; i < first.Count; i++)
        {
            if (i + 1 < first.Count && Rune.IsPunctuation(first[i]) && !Rune.IsNumber(first[i + 1]))
            {
                split.Append(' ').Append(first[i]).Append(' ');
                i++;
            }
            if (Rune.IsSymbol(first[i])) split.Append(' ').Append(first[i]).Append(' ');
            else split.Append(first[i]);
        }
        return MetricText.Words(split.ToString());
    }

    private static string Chinese(ReadOnlySpan<char> line)
    {
        var split = new StringBuilder(line.Length * 3);
        foreach (var c in line)
            if (IsChinese(c)) split.Append(' ').Append(c).Append(' ');
            else split.Append(c);
        return split.ToString();
    }

    // The ranges of sacreBLEU, of which two that mean planes above reach U+2001 to U+2A6D and U+2F81 to U+2FA1 there.
    private static bool IsChinese(char c) => c is
        (>= '\u3400' and <= '\u4db5') or (>= '\u4e00' and <= '\u9fbb') or (>= '\uf900' and <= '\ufa2d') or (>= '\ufa30' and <= '\ufa6a') or (>= '\ufa70' and <= '\ufad9')
        or (>= '\u2001' and <= '\u2a6d') or (>= '\u2f81' and <= '\u2fa1') or (>= '\uff00' and <= '\uffef') or (>= '\u2e80' and <= '\u2eff') or (>= '\u3000' and <= '\u303f')
        or (>= '\u31c0' and <= '\u31ef') or (>= '\u2f00' and <= '\u2fdf') or (>= '\u2ff0' and <= '\u2fff') or (>= '\u3100' and <= '\u312f') or (>= '\u31a0' and <= '\u31bf')
        or (>= '\ufe10' and <= '\ufe1f') or (>= '\ufe30' and <= '\ufe4f') or (>= '\u3200' and <= '\u33ff');
}
