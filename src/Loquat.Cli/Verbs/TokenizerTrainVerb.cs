using System.CommandLine;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Collection;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat tokenizer train`: learns a tokenizer from text.</summary>
internal static class TokenizerTrainVerb
{
    private static readonly (string Name, SplitPattern Pattern)[] _patterns =
        [("gpt2", SplitPattern.Gpt2), ("llama3", SplitPattern.Llama3), ("qwen2", SplitPattern.Qwen2), ("o200k", SplitPattern.O200k), ("character", SplitPattern.EachCharacter)];

    public static Command Create()
    {
        var defaults = new TokenizerTrainingOptions();
        var data = new Option<string[]>("--data") { Description = "Text, books, pages, dumps, tables or archives: a file, a folder, or - for standard input. May be given several times.", Required = true }.Checked();
        var include = new Option<string[]>("--include") { Description = "Of folders, only files that fit this pattern, such as *.txt or books/**. May be given several times." };
        var exclude = new Option<string[]>("--exclude") { Description = "Of folders, no files that fit this pattern. May be given several times." };
        var type = ChoiceOption.WithDefault(
            "--type", "bpe (byte-level), bpe-metaspace, bpe-suffix, wordpiece, unigram, wordlevel, character or byte. Default: bpe.", "bpe", [.. Enum.GetValues<TokenizerKind>().Select(Name)]);
        var size = NumberOption.WithDefault("--vocab-size", $"Tokens to learn. Default: {defaults.VocabSize}.", defaults.VocabSize);
        var special = new Option<string[]>("--special-token") { Description = "A special token beside those that the type has. May be given several times." };
        var pattern = ChoiceOption.Optional("--pattern", "Where byte-level text is cut before merging. Default: gpt2.", [.. _patterns.Select(p => p.Name)]);
        var frequency = NumberOption.Optional<long>("--min-frequency", "Pairs (bpe, wordpiece) or words (wordlevel) rarer than this do not become tokens. Default: 0.");
        var limit = NumberOption.Optional<int>("--limit-alphabet", "The most characters in the alphabet (bpe-metaspace, bpe-suffix, wordpiece).");
        var alphabet = new Option<string?>("--initial-alphabet") { Description = "Characters that become tokens whether or not they occur (bpe-metaspace, bpe-suffix, wordpiece, unigram)." };
        var length = NumberOption.Optional<int>("--max-token-length", "The most bytes (bpe) or characters of a token. Default: none; unigram: 16.");
        var shrinking = NumberOption.Optional<double>("--shrinking-factor", "The part of the pieces that a pruning keeps (unigram). Default: 0.75.");
        var seeds = NumberOption.Optional<int>("--seed-size", "Pieces to begin with, at most (unigram). Default: 1000000.");
        var fewer = new Option<bool>("--allow-fewer-tokens") { Description = "Where the text allows fewer tokens, learn so many." };
        var output = PathOption.WithDefault("--out", "The file to write, or - for standard output. Default: tokenizer.json.", "tokenizer.json");
        var json = new Option<bool>("--json") { Description = "Print one JSON object about it to standard output." };
        var verb = new Command("train", "Learn a tokenizer from text and write its tokenizer.json.")
        {
            data, include, exclude, type, size, special, pattern, frequency, limit, alphabet, length, shrinking, seeds, fewer, output, json,
        };
        verb.WithExamples("""
            loquat tokenizer train --data texts/ --type bpe --vocab-size 32768 --out tokenizer.json
            loquat tokenizer train --data books/ --data notes.txt --pattern llama3 --special-token "<|user|>" --min-frequency 2
            loquat tokenizer train --data texts/ --include "*.txt" --type unigram --vocab-size 8000 --allow-fewer-tokens --json
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var kind = Enum.GetValues<TokenizerKind>().Single(k => Name(k) == parsed.GetValue(type));
            var options = new TokenizerTrainingOptions
            {
                VocabSize = parsed.GetValue(size),
                SpecialTokens = parsed.GetValue(special) ?? [],
                Pattern = _patterns.FirstOrDefault(p => p.Name == parsed.GetValue(pattern)).Pattern,
                MinFrequency = parsed.GetValue(frequency),
                LimitAlphabet = parsed.GetValue(limit),
                InitialAlphabet = parsed.GetValue(alphabet),
                MaxTokenLength = parsed.GetValue(length),
                ShrinkingFactor = parsed.GetValue(shrinking),
                SeedSize = parsed.GetValue(seeds),
                AllowFewerTokens = parsed.GetValue(fewer),
            };
            var selection = new TextFileSelection(parsed.GetValue(include) ?? [], parsed.GetValue(exclude) ?? []);
            Learn(parsed.GetValue(data)!, selection, kind, options, parsed.GetValue(output)!, parsed.GetValue(json), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static string Name(TokenizerKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    private static void Learn(string[] data, TextFileSelection selection, TokenizerKind kind, TokenizerTrainingOptions options, string output, bool json, CancellationToken cancellation)
    {
        if (json && output == "-") throw new OptionsException("--json and --out - both write to standard output; name a file with --out.");
        if (data.Count(path => path == "-") > 1) throw new OptionsException("--data - is given twice; standard input can be read once.");
        var clock = TimeProvider.System;
        var screen = new Screen(clock);
        var started = clock.GetTimestamp();
        var inputs = data.Select(StandardInput.Spool).ToList();
        try
        {
            var skipped = new List<(string, string)>();
            var sources = new SourceFiles();
            var files = inputs.SelectMany(input => sources.Find(input.Path, Directory.Exists(input.Path) || data.Length == 1 ? selection : null, (file, reason) => skipped.Add((file, reason)))).ToList();
            var total = sources.Measure(files, long.MaxValue, (file, reason) => skipped.Add((file, reason)));
            foreach (var line in TextFiles.Notes(skipped)) screen.Fact("", line);
            if (total == 0) throw new DataException($"{string.Join(", ", data)}: there is no text to learn from.");
            var counting = new WordCountOptions { Cancellation = cancellation, Progress = done => screen.Stages.Report(new StageProgress("counting words", done, total, "bytes")) };
            var tokenizer = TokenizerTraining.Train(kind, files.SelectMany(file => sources.Read(file)).Select(document => document.Text), options, counting);
            Save(tokenizer, output);
            var seconds = clock.GetElapsedTime(started).TotalSeconds;
            screen.Fact("tokenizer", $"{Name(kind)}, {tokenizer.VocabSize:N0} tokens from {total / 1e6:N1} MB in {seconds:N1} s ({total / 1e6 / seconds:N1} MB/s), written to {(output == "-" ? "standard output" : output)}");
            if (!json) return;
            var about = new { type = Name(kind), vocab_size = tokenizer.VocabSize, special_tokens = tokenizer.SpecialTokens, files = files.Count, bytes = total, seconds = Math.Round(seconds, 3), path = output };
            Console.Out.WriteLine(JsonSerializer.Serialize(about));
        }
        finally
        {
            foreach (var input in inputs) input.Dispose();
        }
    }

    private static void Save(Tokenizer tokenizer, string output)
    {
        if (output != "-")
        {
            tokenizer.Save(output);
            return;
        }
        using var file = new TemporaryFile();
        tokenizer.Save(file.Path);
        using var written = File.OpenRead(file.Path);
        using var stdout = StandardOutput.Open();
        written.CopyTo(stdout);
    }
}
