using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Native;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat generate RUN [PROMPT]`: continues a text.</summary>
internal static class GenerateVerb
{
    public static Command Create()
    {
        var run = PathOption.Argument("run", "The folder of a run, or a Hugging Face model folder.");
        var prompt = new Argument<string>("prompt") { Description = "How the text begins; - reads it from standard input. Default: the model begins by itself.", DefaultValueFactory = _ => "" };
        var temperature = NumberOption.Optional<double>("--temperature", "Below 1 is more certain, above 1 more varied; 0 takes the likeliest token.");
        var topK = NumberOption.Optional<int>("--top-k", "Draw from the K likeliest tokens; 0: all.");
        var topP = NumberOption.Optional<double>("--top-p", "Draw from the likeliest tokens whose probabilities reach P; 1: all.");
        var minP = NumberOption.Optional<double>("--min-p", "Draw from tokens at least this fraction as likely as the likeliest; 0: all.");
        var penalty = NumberOption.Optional<double>("--repetition-penalty", "Above 1 makes tokens seen before less likely; 1: none.");
        var seed = NumberOption.WithDefault("--seed", "The same seed gives the same text. Default: 0.", 0UL);
        var most = NumberOption.Optional<int>("--max-new-tokens", "Tokens to write at most.");
        var stop = new Option<string[]>("--stop") { Description = "End before this text. May be given several times." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object when done, instead of the text as it is written." };
        var verb = new Command("generate", "Write a text with a trained model. Options not given are those of the run's recipe.") { run, prompt, temperature, topK, topP, minP, penalty, seed, most, stop, json };
        verb.WithExamples("""
            loquat generate runs/quickstart
            loquat generate runs/quickstart "Once upon a time" --temperature 0.7 --seed 3
            loquat generate runs/quickstart --max-new-tokens 50 --json
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(run)!;
            var options = Defaults(path);
            options = options with
            {
                Temperature = parsed.GetValue(temperature) ?? options.Temperature,
                TopK = parsed.GetValue(topK) ?? options.TopK,
                TopP = parsed.GetValue(topP) ?? options.TopP,
                MinP = parsed.GetValue(minP) ?? options.MinP,
                RepetitionPenalty = parsed.GetValue(penalty) ?? options.RepetitionPenalty,
                MaxNewTokens = parsed.GetValue(most) ?? options.MaxNewTokens,
                Seed = parsed.GetValue(seed),
                StopSequences = parsed.GetValue(stop) ?? [],
            };
            var text = parsed.GetValue(prompt)!;
            Run(path, text == "-" ? ReadInput() : text, options.Validated(), parsed.GetValue(json), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static string ReadInput()
    {
        using var reader = StandardInput.Reader("-");
        return reader.ReadToEnd();
    }

    private static SamplingOptions Defaults(string path) =>
        (File.Exists(new RunFolder(path).Recipe) ? RecipeFile.Load(new RunFolder(path).Recipe).Generation : new GenerationRecipe()).ToOptions();

    private static void Run(string path, string prompt, SamplingOptions options, bool json, CancellationToken cancellation)
    {
        var folder = RunFolder.ModelOf(path);
        var tokenizer = Tokenizer.Load(folder);
        using var model = ModelFolder.Load(folder, Placement.Of(), cancellation);
        var generator = new TextGenerator(model, tokenizer);
        var watch = Stopwatch.StartNew();
        using var output = new StreamWriter(StandardOutput.Open(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        if (!json) output.Write(prompt);
        var text = new StringBuilder();
        foreach (var piece in generator.Stream(prompt, options, cancellation))
        {
            if (json) text.Append(piece);
            else output.Write(piece);
        }
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new
            {
                prompt,
                text = text.ToString(),
                finish_reason = JsonNamingPolicy.SnakeCaseLower.ConvertName(generator.FinishReason.ToString()),
                prompt_tokens = generator.PromptTokens,
                completion_tokens = generator.TokensWritten,
                tokens_per_second = Math.Round(generator.TokensWritten / watch.Elapsed.TotalSeconds, 1),
                seed = options.Seed,
            }));
        }
        else
        {
            output.WriteLine();
        }
        cancellation.ThrowIfCancellationRequested();
    }
}
