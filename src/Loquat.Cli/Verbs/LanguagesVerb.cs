using System.CommandLine;
using System.Globalization;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Preprocessing.Cleaning;
using Loquat.Corpus.Preprocessing.Languages;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat languages`: tells the language of texts, and trains the model that does.</summary>
internal static class LanguagesVerb
{
    public static Command Create() => new Command("languages", "Tell the language of texts; train a model of languages.") { Detect(), Train() }.WithExamples("""
        loquat languages detect letter.txt
        loquat languages train eng=english.txt fra=french.txt --out languages.br
        """);

    private static Command Detect()
    {
        var files = new Argument<string[]>("file") { Description = "UTF-8 files of text.", Arity = ArgumentArity.OneOrMore }.Checked();
        var model = PathOption.Optional("--model", "A model that `languages train` wrote. Default: the one of the program.");
        var lines = new Option<bool>("--lines") { Description = "Tell the language of each line." };
        var verb = new Command("detect", "Print the language (ISO 639-3) and its probability.") { files, model, lines };
        verb.SetAction(parsed =>
        {
            var known = parsed.GetValue(model) is { } path ? LanguageModel.Load(path) : LanguageModel.Default;
            foreach (var file in parsed.GetValue(files)!)
                foreach (var text in parsed.GetValue(lines) ? Read(file) : [string.Join('\n', Read(file))])
                {
                    var guess = known.Identify(text);
                    Console.WriteLine($"{guess.Language}\t{guess.Probability.ToString("F3", CultureInfo.InvariantCulture)}\t{(parsed.GetValue(lines) ? text : file)}");
                }
            return 0;
        });
        return verb;
    }

    private static Command Train()
    {
        var data = new Argument<string[]>("data") { Description = "LANGUAGE=FILE: UTF-8 text, an example a line; of .html the text. A language may come several times.", Arity = ArgumentArity.OneOrMore };
        var output = PathOption.Required("--out", "The file to write.");
        var exclude = PathOption.Optional("--exclude", "A file of texts, one a line, that are not learned: those of a test set. They are cut out of longer examples too.");
        var verb = new Command("train", "Train a model of languages from examples.") { data, output, exclude };
        verb.SetAction(parsed =>
        {
            var held = parsed.GetValue(exclude) is { } path ? Read(path).Select(t => t.Trim()).Where(t => t.Length > 0).ToHashSet() : [];
            var examples = parsed.GetValue(data)!.SelectMany(d => Examples(d, held)).ToList();
            var model = LanguageTrainer.Train(examples);
            model.Save(parsed.GetValue(output)!);
            Console.WriteLine($"{model.Languages.Count} languages from {examples.Count} examples: {string.Join(' ', model.Languages)}");
            return 0;
        });
        return verb;
    }

    private static IEnumerable<(string, string)> Examples(string data, HashSet<string> held)
    {
        var equals = data.IndexOf('=');
        if (equals < 1 || equals == data.Length - 1) throw new OptionsException($"'{data}' is no LANGUAGE=FILE: eng=english.txt.");
        var (language, file) = (data[..equals], data[(equals + 1)..]);
        var lines = Path.GetExtension(file) is ".html" or ".htm" ? HtmlText.Strip(string.Join('\n', Read(file))).Split('\n') : Read(file);
        foreach (var line in lines.Select(l => l.Trim()))
        {
            if (held.Contains(line)) continue;
            IEnumerable<string> parts = [line];
            if (line.Length > 10)
                foreach (var text in held)
                    if (line.Contains(text, StringComparison.Ordinal)) parts = [.. parts.SelectMany(p => p.Split(text))];
            foreach (var part in parts)
                if (part.Trim() is { Length: > 3 } example) yield return (language, example);
        }
    }

    private static string[] Read(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file}: cannot be read: {error.Message}", error);
        }
    }
}
