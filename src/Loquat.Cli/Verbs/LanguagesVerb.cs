using System.CommandLine;
using System.Globalization;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Preprocessing.Languages;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat languages`: tells the language of texts, and trains the model that does.</summary>
internal static class LanguagesVerb
{
    public static Command Create() => new Command("languages", "Tell the language of texts; train a model of languages.") { Detect(), Train() }.WithExamples("""
        loquat languages detect letter.txt
        loquat languages train eng=english.txt fra=french.txt --out languages.br
        loquat languages train ../shared/data/multilingual/tatoeba ../shared/data/multilingual/udhr --exclude ../shared/fixtures/text/langid_test.json --out languages.br
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
        var data = new Argument<string[]>("data") { Description = "LANGUAGE=FILE: UTF-8 text, an example a line; of .html the text; or a folder of such files that are named after their languages (swh.html, deu_1996.html, pairs.deu-eng.deu). A language may come several times.", Arity = ArgumentArity.OneOrMore };
        var output = PathOption.Required("--out", "The file to write.");
        var exclude = PathOption.Optional("--exclude", "A file of texts, one a line or JSON with cases that have a text, which are not learned: those of a test set. They are cut out of longer examples too.");
        var verb = new Command("train", "Train a model of languages from examples.") { data, output, exclude };
        verb.SetAction(parsed =>
        {
            var examples = LanguageExamples.Read(parsed.GetValue(data)!, parsed.GetValue(exclude));
            var model = LanguageTrainer.Train(examples);
            model.Save(parsed.GetValue(output)!);
            Console.WriteLine($"{model.Languages.Count} languages from {examples.Count} examples: {string.Join(' ', model.Languages)}");
            return 0;
        });
        return verb;
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
