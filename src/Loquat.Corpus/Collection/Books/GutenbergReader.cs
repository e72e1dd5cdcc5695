using System.Globalization;
using System.Text.RegularExpressions;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Books;

/// <summary>Books of Project Gutenberg: its header and license are cut, what they tell is kept.</summary>
internal sealed partial class GutenbergReader : IContentReader
{
    private static readonly Dictionary<string, string> _languages = new(StringComparer.OrdinalIgnoreCase)
    {
        ["English"] = "en",
        ["French"] = "fr",
        ["German"] = "de",
        ["Spanish"] = "es",
        ["Italian"] = "it",
        ["Portuguese"] = "pt",
        ["Dutch"] = "nl",
        ["Finnish"] = "fi",
        ["Swedish"] = "sv",
        ["Danish"] = "da",
        ["Norwegian"] = "no",
        ["Latin"] = "la",
        ["Greek"] = "el",
        ["Chinese"] = "zh",
        ["Japanese"] = "ja",
        ["Esperanto"] = "eo",
        ["Hungarian"] = "hu",
        ["Polish"] = "pl",
        ["Russian"] = "ru",
        ["Catalan"] = "ca",
        ["Tagalog"] = "tl",
        ["Welsh"] = "cy",
        ["Irish"] = "ga",
        ["Hebrew"] = "he",
        ["Czech"] = "cs",
        ["Romanian"] = "ro",
    };

    /// <summary>Whether a text begins as its books do.</summary>
    public static bool Is(ReadOnlySpan<byte> head) => head.IndexOf("Project Gutenberg"u8) >= 0 && (head.IndexOf("*** START OF"u8) >= 0 || head.IndexOf("***START OF"u8) >= 0 || head.IndexOf("*END*THE SMALL PRINT"u8) >= 0 || head.IndexOf("*END THE SMALL PRINT"u8) >= 0);

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        var bytes = content.ReadAll();
        var charset = context.Options.Encoding is null && EncodingLine().Match(System.Text.Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 4096)))) is { Success: true } line ? line.Groups[1].Value : null;
        var text = Content.Lines(charset is null ? content.Decode(bytes, context.Options) : Charsets.CharsetDetector.Decode(bytes, charset)).TrimStart('\uFEFF');
        var (body, header) = Divide(text);
        if (Trim(body) is not { Length: > 0 } book)
        {
            context.Reject(content, "there is no text between the header and the license of Project Gutenberg");
            yield break;
        }
        var fields = Fields(header);
        var metadata = new Dictionary<string, string>();
        if (Number().Match(header) is { Success: true } number) metadata["gutenberg_id"] = number.Groups[1].Value;
        foreach (var name in (string[])["translator", "illustrator", "editor", "credits", "original publication"])
            if (fields.GetValueOrDefault(name) is { } value) metadata[name.Replace(' ', '_')] = value;
        yield return new Document
        {
            Id = content.Source,
            Text = book,
            Source = content.Source,
            Title = fields.GetValueOrDefault("title"),
            Author = fields.GetValueOrDefault("author"),
            Date = Date(fields.GetValueOrDefault("release date") ?? fields.GetValueOrDefault("posting date")),
            Language = fields.GetValueOrDefault("language") is { } language ? _languages.GetValueOrDefault(language.Split([',', ';', ' '], 2)[0], language) : null,
            Url = metadata.TryGetValue("gutenberg_id", out var id) ? $"https://www.gutenberg.org/ebooks/{id}" : null,
            License = header.Contains("COPYRIGHTED Project Gutenberg", StringComparison.Ordinal) ? "Project Gutenberg License" : "Public domain in the USA",
            Metadata = metadata,
        };
    }

    /// <summary>What stands between the lines of the start and the end mark, stripped; and what stands before it.</summary>
    internal static (string Body, string Header) Divide(string text)
    {
        var begin = 0;
        if (StartLine().Match(text) is { Success: true } start) begin = start.Index + start.Length;
        else if (SmallPrint().Match(text) is { Success: true } print) begin = print.Index + print.Length;
        var end = EndLine().Match(text, begin) is { Success: true } stop ? stop.Index : text.Length;
        return (text[begin..end].Trim(), text[..begin]);
    }

    /// <summary>A body without the paragraph that names who produced it and the one that says that the book ends.</summary>
    internal static string Trim(string body)
    {
        if (body.StartsWith("Produced by", StringComparison.Ordinal) || body.StartsWith("E-text prepared by", StringComparison.Ordinal)) body = body.IndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var end ? body[end..].Trim() : "";
        if (body.LastIndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var last && body.AsSpan(last).Trim() is var paragraph && paragraph.StartsWith("End of") && paragraph.IndexOf("Project Gutenberg", StringComparison.Ordinal) >= 0) body = body[..last].Trim();
        return body;
    }

    private static Dictionary<string, string> Fields(string header)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string? name = null;
        foreach (var line in header.Split('\n'))
        {
            if (FieldLine().Match(line) is { Success: true } field) fields.TryAdd(name = field.Groups[1].Value, field.Groups[2].Value.Trim());
            else if (name is not null && line.StartsWith("    ", StringComparison.Ordinal) && line.Trim() is { Length: > 0 } more) fields[name] += $" {more}";
            else name = null;
        }
        return fields;
    }

    private static string? Date(string? text)
    {
        if (text is null) return null;
        var date = text.Split('[')[0].Trim();
        if (DateTime.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out var day)) return day.ToString(date.Any(char.IsAsciiDigit) && date.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Length > 2 ? "yyyy-MM-dd" : "yyyy-MM", CultureInfo.InvariantCulture);
        return Year().Match(date) is { Success: true } year ? year.Value : null;
    }

    [GeneratedRegex(@"^\*\*\* ?START OF.*$", RegexOptions.Multiline)]
    private static partial Regex StartLine();

    [GeneratedRegex(@"^\*END ?\*? ?THE SMALL PRINT!.*$", RegexOptions.Multiline)]
    private static partial Regex SmallPrint();

    [GeneratedRegex(@"^\*\*\* ?END OF.*$", RegexOptions.Multiline)]
    private static partial Regex EndLine();

    [GeneratedRegex(@"^(Title|Author|Release Date|Posting Date|Language|Translator|Illustrator|Editor|Credits|Original publication):\s*(.*)$")]
    private static partial Regex FieldLine();

    [GeneratedRegex(@"\[(?:EBook|Etext|eBook)\s*#(\d+)\]", RegexOptions.IgnoreCase)]
    private static partial Regex Number();

    [GeneratedRegex(@"Character set encoding:\s*([\w-]+)", RegexOptions.IgnoreCase)]
    private static partial Regex EncodingLine();

    [GeneratedRegex(@"\b1[5-9]\d\d\b|\b20\d\d\b")]
    private static partial Regex Year();
}
