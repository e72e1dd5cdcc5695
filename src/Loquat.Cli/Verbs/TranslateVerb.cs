using System.CommandLine;
using System.Text;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Files;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat translate RUN`: a text for each line.</summary>
internal static class TranslateVerb
{
    private const int UsualBeams = 4;

    public static Command Create()
    {
        var run = PathOption.Argument("run", "The folder of a run, or a Hugging Face model folder, of a model that writes one text from another.");
        var input = PathOption.Optional("--input", "Lines of UTF-8 text to read; - for standard input. Default: -.");
        var output = PathOption.Optional("--output", "Where to write as many lines. Default: standard output.");
        var beams = NumberOption.Optional<int>("--num-beams", "Texts followed at once for each line. Default: as the recipe or the folder says, else 4.");
        var length = NumberOption.Optional<double>("--length-penalty", "Above 0 favors longer texts, below 0 shorter ones.");
        var most = NumberOption.Optional<int>("--max-new-tokens", "Tokens to write for a line at most.");
        var batch = NumberOption.WithDefault("--batch-size", "Lines at once; changes speed and memory. Default: 32.", 32);
        var verb = new Command("translate", "Write a text for each line of a file: translations, summaries. Beam search, the best text of each line; an empty line stays empty.") { run, input, output, beams, length, most, batch };
        verb.WithExamples("""
            loquat translate runs/multi30k-en-de --input test.en --output test.de
            loquat translate runs/multi30k-en-de --input test.en --num-beams 5 --length-penalty 0.6
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(run)!;
            SamplingOptions Asked(SamplingOptions defaults) => (defaults.WithoutSampling() with
            {
                NumBeams = parsed.GetValue(beams) ?? (defaults.NumBeams > 1 ? defaults.NumBeams : UsualBeams),
                LengthPenalty = parsed.GetValue(length) ?? defaults.LengthPenalty,
                MaxNewTokens = parsed.GetValue(most) ?? defaults.MaxNewTokens,
                MaxLength = parsed.GetValue(most) is null ? defaults.MaxLength : null,
                NumReturnSequences = 1,
            }).Validated();
            Asked(new SamplingOptions());   // before anything is read
            if (parsed.GetValue(batch) < 1) throw new OptionsException($"--batch-size is {parsed.GetValue(batch)}; it must be 1 or more.");
            Run(path, Asked(TrainedModel.DefaultsOf(path)), parsed.GetValue(input) ?? "-", parsed.GetValue(output), parsed.GetValue(batch), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Run(string path, SamplingOptions options, string input, string? output, int batch, CancellationToken cancellation)
    {
        var folder = RunFolder.ModelOf(path);
        if (ModelFolder.ReadConfig(folder) is var config and not EncoderDecoderConfig)
            throw new OptionsException($"{folder}: a {config.ModelType} model writes no text from another. generate continues texts.");
        var lines = Lines(input);
        var screen = new Screen(TimeProvider.System);
        using var model = ModelFolder.Load<EncoderDecoderModel>(folder, Placement.Of(), cancellation);
        var full = lines.Where(line => line.Length > 0).ToList();
        var written = new Queue<string>(new TextGenerator(model, Tokenizer.Load(folder)).GenerateEach(full, options, batch, done => screen.Stages.Report(new("writing", done, full.Count, "lines")), cancellation));
        screen.Stages.End();
        // A text of several lines would shift all that follow.
        var text = string.Concat(lines.Select(line => (line.Length == 0 ? "" : written.Dequeue().ReplaceLineEndings(" ").Trim()) + "\n"));
        if (output is not null)
        {
            AtomicFolder.WriteFile(output, file => file.Write(Encoding.UTF8.GetBytes(text)));
            return;
        }
        using var target = new StreamWriter(StandardOutput.Open(), new UTF8Encoding(false));
        target.Write(text);
    }

    private static List<string> Lines(string path)
    {
        try
        {
            using var reader = StandardInput.Reader(path);
            var lines = new List<string>();
            while (reader.ReadLine() is { } line) lines.Add(line.Trim());
            return lines;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
