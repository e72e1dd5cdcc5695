using System.Text.Json;
using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Preprocessing.Languages;

/// <summary>Reads the examples that a model of languages learns from.</summary>
public static class LanguageExamples
{
    private const int ShortestCut = 10, Shortest = 4; // characters

    // Codes of single languages that stand for the language as a whole.
    private static readonly Dictionary<string, string> _whole = new() { ["arb"] = "ara" };

    /// <summary>Examples, each once, in the order of the files and their lines.</summary>
    /// <param name="data"><c>LANGUAGE=FILE</c>, an example a line, of <c>.html</c> the text; or a folder of files that are named after their languages, in the order of their names.</param>
    /// <param name="exclude">Texts that are not learned, nor where they are part of an example: a file with one a line, or JSON with <c>cases</c> that have a <c>text</c>.</param>
    /// <exception cref="DataException">A file cannot be read.</exception>
    /// <exception cref="OptionsException">A name is neither.</exception>
    public static IReadOnlyList<(string Language, string Text)> Read(IEnumerable<string> data, string? exclude = null)
    {
        var held = exclude is null ? [] : Held(exclude).Select(t => t.Trim()).Where(t => t.Length > 0).ToHashSet();
        return [.. data.SelectMany(Files).SelectMany(f => Examples(f.Language, f.File, held)).Distinct()];
    }

    private static IEnumerable<(string Language, string File)> Files(string data)
    {
        if (Directory.Exists(data)) return Directory.EnumerateFiles(data).Order(StringComparer.Ordinal).Select(f => (Named(f), f));
        var equals = data.IndexOf('=');
        return equals > 0 && equals < data.Length - 1 ? [(data[..equals], data[(equals + 1)..])] : throw new OptionsException($"'{data}' is no LANGUAGE=FILE (eng=english.txt) and no folder.");
    }

    // deu_1996.html, tatoeba.deu-eng.deu
    private static string Named(string file)
    {
        var end = Path.GetExtension(file).TrimStart('.');
        var code = end.Length == 3 && end is not ("txt" or "htm") ? end : Path.GetFileNameWithoutExtension(file).Split('_', '.', '-')[0];
        return _whole.GetValueOrDefault(code, code);
    }

    private static IEnumerable<(string, string)> Examples(string language, string file, HashSet<string> held)
    {
        var text = Text(file);
        if (Path.GetExtension(file) is ".html" or ".htm") text = MarkupText.Of(HtmlParser.Parse(text));
        foreach (var line in text.Split('\n').Select(l => l.Trim()))
        {
            if (held.Contains(line)) continue;
            IEnumerable<string> parts = [line];
            if (line.Length > ShortestCut)
                foreach (var one in held)
                    if (line.Contains(one, StringComparison.Ordinal)) parts = [.. parts.SelectMany(p => p.Split(one))];
            foreach (var part in parts)
                if (part.Trim() is { Length: >= Shortest } example) yield return (language, example);
        }
    }

    private static string[] Held(string file)
    {
        if (Path.GetExtension(file) != ".json") return Text(file).Split('\n');
        try
        {
            using var json = JsonDocument.Parse(Text(file));
            return [.. json.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataException($"{file}: cannot be read: {error.Message} It has cases, each with a text.", error);
        }
    }

    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file}: cannot be read: {error.Message}", error);
        }
    }
}
