using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Models;
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
        var beams = NumberOption.Optional<int>("--num-beams", "Follow the N likeliest texts at once and give the best; 1: one token after the other.");
        var length = NumberOption.Optional<double>("--length-penalty", "Of beams: above 0 favors longer texts, below 0 shorter ones.");
        var early = ChoiceOption.Optional("--early-stopping", "Of beams: when to stop looking for better texts: as soon as there are as many as beams; when none can be better; or never while one could.", "true", "false", "never");
        var several = NumberOption.Optional<int>("--num-return-sequences", "Texts to write: the best of the beams, or as many draws.");
        var ngram = NumberOption.Optional<int>("--no-repeat-ngram-size", "No N tokens in a row come twice; 0: any may.");
        var least = NumberOption.Optional<int>("--min-new-tokens", "Tokens to write at least.");
        var stop = new Option<string[]>("--stop") { Description = "End before this text. May be given several times." };
        var adapters = PathOption.Several("--adapter", "An adapter to write with: a folder of peft, or a run that trained one. May be given several times; they act one behind the other.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object when done, instead of the text as it is written." };
        var verb = new Command("generate", "Write a text with a trained model. Options not given are those of the run's recipe, or of the folder's generation_config.json.") { run, prompt, temperature, topK, topP, minP, penalty, beams, length, early, several, ngram, least, seed, most, stop, adapters, json };
        verb.WithExamples("""
            loquat generate runs/quickstart
            loquat generate runs/quickstart "Once upon a time" --temperature 0.7 --seed 3
            loquat generate runs/quickstart --max-new-tokens 50 --json
            loquat generate runs/quickstart "Once upon a time" --adapter runs/adapted
            loquat generate opus-mt-en-de "The cat sleeps." --num-beams 6 --num-return-sequences 3
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(run)!;
            // Who asks for beams and for nothing that makes draws wants the best.
            var draws = parsed.GetValue(temperature) is not null || parsed.GetValue(topK) is not null || parsed.GetValue(topP) is not null || parsed.GetValue(minP) is not null;
            SamplingOptions Asked(SamplingOptions defaults) => ((parsed.GetValue(beams) > 1 && !draws ? defaults.WithoutSampling() : defaults) with
            {
                Temperature = parsed.GetValue(temperature) ?? defaults.Temperature,
                TopK = parsed.GetValue(topK) ?? defaults.TopK,
                TopP = parsed.GetValue(topP) ?? defaults.TopP,
                MinP = parsed.GetValue(minP) ?? defaults.MinP,
                RepetitionPenalty = parsed.GetValue(penalty) ?? defaults.RepetitionPenalty,
                MaxNewTokens = parsed.GetValue(most) ?? defaults.MaxNewTokens,
                MaxLength = parsed.GetValue(most) is null ? defaults.MaxLength : null,
                NumBeams = parsed.GetValue(beams) ?? defaults.NumBeams,
                LengthPenalty = parsed.GetValue(length) ?? defaults.LengthPenalty,
                EarlyStopping = parsed.GetValue(early) is { } when ? Enum.Parse<EarlyStopping>(when, ignoreCase: true) : defaults.EarlyStopping,
                NumReturnSequences = parsed.GetValue(several) ?? defaults.NumReturnSequences,
                NoRepeatNgramSize = parsed.GetValue(ngram) ?? defaults.NoRepeatNgramSize,
                MinNewTokens = parsed.GetValue(least) ?? defaults.MinNewTokens,
                Seed = parsed.GetValue(seed),
                StopSequences = [.. defaults.StopSequences, .. parsed.GetValue(stop) ?? []],
            }).Validated();
            Asked(new SamplingOptions());   // before anything is read
            var folder = RunFolder.ModelOf(path);
            var (defaults, origin) = Defaults(path, folder);
            var options = Asked(defaults);
            if (origin is not null) Console.Error.WriteLine($"{Describe(options)} ({origin})");
            var text = parsed.GetValue(prompt)!;
            Run(folder, text == "-" ? ReadInput() : text, options, parsed.GetValue(adapters) ?? [], parsed.GetValue(json), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static string ReadInput()
    {
        using var reader = StandardInput.Reader("-");
        return reader.ReadToEnd();
    }

    /// <summary>A run writes as its recipe says, a folder of others as its own file says.</summary>
    /// <returns>The file that is worth naming: it came with the folder.</returns>
    private static (SamplingOptions Options, string? Origin) Defaults(string path, string folder)
    {
        if (File.Exists(new RunFolder(path).Recipe)) return (RecipeFile.Load(new RunFolder(path).Recipe).Generation.ToOptions(), null);
        var (options, named) = GenerationConfig.Read(folder, new GenerationRecipe().ToOptions());
        return (options, !named ? null : File.Exists(Path.Combine(folder, ModelFolder.GenerationFile)) ? ModelFolder.GenerationFile : ModelFolder.ConfigFile);
    }

    private static string Describe(SamplingOptions options)
    {
        List<string> parts = options.Temperature == 0 ? [options.NumBeams > 1 ? $"the best of {options.NumBeams} beams" : "the likeliest token always"] : [string.Create(CultureInfo.InvariantCulture, $"temperature {options.Temperature}")];
        if (options.Temperature > 0 && options.TopK > 0) parts.Add($"top-k {options.TopK}");
        if (options.Temperature > 0 && options.TopP < 1) parts.Add(string.Create(CultureInfo.InvariantCulture, $"top-p {options.TopP}"));
        if (options.Temperature > 0 && options.MinP > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"min-p {options.MinP}"));
        if (options.RepetitionPenalty != 1) parts.Add(string.Create(CultureInfo.InvariantCulture, $"repetition penalty {options.RepetitionPenalty}"));
        if (options.Temperature > 0 && options.NumBeams > 1) parts.Add($"{options.NumBeams} beams");
        if (options.NumBeams > 1 && options.LengthPenalty != 1) parts.Add(string.Create(CultureInfo.InvariantCulture, $"length penalty {options.LengthPenalty}"));
        if (options.NoRepeatNgramSize > 0) parts.Add($"no {options.NoRepeatNgramSize} tokens twice");
        if (options.MinNewTokens > 0) parts.Add($"at least {options.MinNewTokens} tokens");
        parts.Add(options.MaxLength is { } length ? $"at most {length} tokens with the prompt" : $"at most {options.MaxNewTokens} tokens");
        if (options.StopSequences.Count > 0) parts.Add($"stop at {string.Join(" or ", options.StopSequences.Select(s => JsonSerializer.Serialize(s)))}");
        return string.Join(", ", parts);
    }

    private static void Run(string folder, string prompt, SamplingOptions options, string[] adapters, bool json, CancellationToken cancellation)
    {
        var tokenizer = Tokenizer.Load(folder);
        using var model = ModelFolder.Load(folder, Placement.Of(), cancellation);
        model.AddAdapters(adapters);
        var generator = new TextGenerator(model, tokenizer);
        var watch = Stopwatch.StartNew();
        using var output = new StreamWriter(StandardOutput.Open(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        var text = new StringBuilder();
        IReadOnlyList<GeneratedText> texts = options.NumReturnSequences > 1 ? generator.GenerateMany(prompt, options, cancellation) : [];
        // What an encoder reads is no beginning of what is written.
        var begun = model is CausalModel ? prompt : "";
        if (texts.Count > 0)
        {
            text.Append(texts[0].Text);
            if (!json) output.Write(string.Join("\n\n", texts.Select(one => begun + one.Text)));
        }
        else if (!json)
        {
            output.Write(begun);
        }
        foreach (var piece in texts.Count > 0 ? [] : generator.Stream(prompt, options, cancellation))
        {
            if (json) text.Append(piece);
            else output.Write(piece);
        }
        var written = texts.Count > 0 ? texts.Sum(one => one.TokenIds.Count) : generator.TokensWritten;
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new
            {
                prompt,
                text = text.ToString(),
                finish_reason = JsonNamingPolicy.SnakeCaseLower.ConvertName((texts.Count > 0 ? texts[0].FinishReason : generator.FinishReason).ToString()),
                prompt_tokens = generator.PromptTokens,
                completion_tokens = written,
                tokens_per_second = Math.Round(written / watch.Elapsed.TotalSeconds, 1),
                prompt_ids = generator.PromptTokenIds,
                token_ids = texts.Count > 0 ? texts[0].TokenIds : generator.TokenIds,
                texts = texts.Count == 0 ? null : texts.Select(one => new
                {
                    text = one.Text,
                    token_ids = one.TokenIds,
                    finish_reason = JsonNamingPolicy.SnakeCaseLower.ConvertName(one.FinishReason.ToString()),
                    score = one.Score,
                }),
                sampling = new
                {
                    temperature = options.Temperature,
                    top_k = options.TopK,
                    top_p = options.TopP,
                    min_p = options.MinP,
                    repetition_penalty = options.RepetitionPenalty,
                    num_beams = options.NumBeams,
                    length_penalty = options.LengthPenalty,
                    early_stopping = options.EarlyStopping == EarlyStopping.Never ? (object)"never" : options.EarlyStopping == EarlyStopping.True,
                    num_return_sequences = options.NumReturnSequences,
                    no_repeat_ngram_size = options.NoRepeatNgramSize,
                    min_new_tokens = options.MinNewTokens,
                    max_new_tokens = options.MaxNewTokens,
                    max_length = options.MaxLength,
                    stop = options.StopSequences,
                    eos_token_id = model.Config.EosTokenIds,
                },
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
