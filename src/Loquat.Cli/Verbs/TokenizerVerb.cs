using System.CommandLine;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Collection;
using Loquat.Text.Collection;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat tokenizer train|encode|decode|info|compare`.</summary>
internal static class TokenizerVerb
{
    private const int LargestReport = 64 << 20;

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new FiniteNumberConverter() }, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var verb = new Command("tokenizer", "Learn tokenizers, run them, and tell how good they are.") { TokenizerTrainVerb.Create(), TokenizerEncodeVerb.Create(), Decode(), Info(), Compare() };
        verb.WithExamples("""
            loquat tokenizer train --data texts/ --type bpe --vocab-size 32768 --out tokenizer.json
            loquat tokenizer train --data books/ --data notes.txt --pattern llama3 --special-token "<|user|>" --min-frequency 2
            loquat tokenizer encode tokenizer.json text.txt
            loquat tokenizer encode tokenizer.json --jsonl cases.jsonl
            loquat tokenizer encode tokenizer.json --batch large.txt
            loquat tokenizer encode tokenizer.json text.txt --alpha 0.1 --nbest-size -1 --seed 1
            loquat tokenizer decode tokenizer.json 40 484 79
            loquat tokenizer info tokenizer.json --data texts/
            loquat tokenizer compare mine.json other/tokenizer.json --data texts/
            """);
        return verb;
    }

    /// <summary>The argument that names a tokenizer.</summary>
    internal static Argument<string> Path() => PathOption.Argument(
        "tokenizer", "A tokenizer.json, a sentencepiece .model, vocab.json with merges.txt, vocab.txt, tiktoken ranks, or the folder that holds one.");

    private static Command Decode()
    {
        var path = Path();
        var ids = new Argument<int[]>("ids")
        {
            Description = "Token ids; none: lines of them from standard input.",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = result => [.. result.Tokens.Select(token => NumberOption.Read<int>(result, "IDS", token.Value) ?? 0)],
        };
        var keep = new Option<bool>("--with-special-tokens") { Description = "Keep special tokens in the text." };
        var verb = new Command("decode", "Turn token ids into text.") { path, ids, keep };
        verb.SetAction(parsed =>
        {
            var tokenizer = Tokenizer.Load(parsed.GetValue(path)!);
            using var output = TokenizerEncodeVerb.Output();
            if (parsed.GetValue(ids) is { Length: > 0 } given)
            {
                output.WriteLine(tokenizer.Decode(Known(given, tokenizer, ""), !parsed.GetValue(keep)));
                return;
            }
            for (var line = 1; Console.In.ReadLine() is { } text; line++)
            {
                var numbers = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                int[] read = [.. numbers.Select(n => int.TryParse(n, out var id) ? id : throw new DataException($"line {line}: '{n}' is no token id; write ids with spaces between them."))];
                output.WriteLine(tokenizer.Decode(Known(read, tokenizer, $"line {line}: "), !parsed.GetValue(keep)));
            }
        });
        return verb;
    }

    private static int[] Known(int[] ids, Tokenizer tokenizer, string place)
    {
        foreach (var id in ids)
            if (tokenizer.IdToToken(id) is null) throw new DataException($"{place}{id} is no id of this tokenizer; its ids go from 0 to {tokenizer.VocabSize - 1}.");
        return ids;
    }

    private static Command Info()
    {
        var path = Path();
        var data = PathOption.Optional("--data", "Text to judge it by: a file or folder of any kind that collect reads. A folder is also reported file by file.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var verb = new Command("info", "Tell what a tokenizer is and, on a text, how good: bytes per token, tokens per word, coverage, evenness, speed.") { path, data, json };
        verb.SetAction((parsed, cancellation) =>
        {
            var tokenizer = Tokenizer.Load(parsed.GetValue(path)!);
            if (parsed.GetValue(json))
            {
                var report = parsed.GetValue(data) is { } judged ? Report(tokenizer, new SourceFiles().Find(judged), cancellation) : null;
                Console.Out.WriteLine(JsonSerializer.Serialize(new { Model = ModelName(tokenizer), tokenizer.VocabSize, tokenizer.SpecialTokens, Report = report }, _json));
                return Task.FromResult(0);
            }
            Console.Out.WriteLine($"model            {ModelName(tokenizer)}, {tokenizer.VocabSize:N0} tokens");
            Console.Out.WriteLine($"special tokens   {string.Join(' ', tokenizer.SpecialTokens.Take(20))}{(tokenizer.SpecialTokens.Count > 20 ? " …" : "")}");
            if (parsed.GetValue(data) is { } text) Print([(parsed.GetValue(path)!, tokenizer)], text, cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static Command Compare()
    {
        var paths = new Argument<string[]>("tokenizers") { Description = "Two or more tokenizers.", Arity = ArgumentArity.OneOrMore }.Checked();
        var data = PathOption.Required("--data", "Text to judge them by: a file or folder of any kind that collect reads.");
        var json = new Option<bool>("--json") { Description = "Print one JSON array, an object a tokenizer." };
        var verb = new Command("compare", "Put tokenizers side by side on a text.") { paths, data, json };
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(json))
            {
                var files = new SourceFiles().Find(parsed.GetValue(data)!);
                Console.Out.WriteLine(JsonSerializer.Serialize(parsed.GetValue(paths)!.Select(path => new { Path = path, Report = Report(Tokenizer.Load(path), files, cancellation) }).ToList(), _json));
                return Task.FromResult(0);
            }
            Print([.. parsed.GetValue(paths)!.Select(path => (path, Tokenizer.Load(path)))], parsed.GetValue(data)!, cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static string ModelName(Tokenizer tokenizer) => tokenizer.Components.Model.GetType().Name.Replace("Model", "", StringComparison.Ordinal);

    private static TokenizerReport Report(Tokenizer tokenizer, IReadOnlyList<string> files, CancellationToken cancellation) => TokenizerReport.Of(tokenizer, Limited(Texts(files)), cancellation);

    private static void Print(IReadOnlyList<(string Name, Tokenizer Tokenizer)> tokenizers, string data, CancellationToken cancellation)
    {
        var files = new SourceFiles().Find(data);
        var reports = tokenizers.Select(t => Report(t.Tokenizer, files, cancellation)).ToList();
        var width = Math.Max(14, tokenizers.Max(t => t.Name.Length) + 2);
        void Row(string name, Func<TokenizerReport, string> value) => Console.Out.WriteLine($"{name,-16} {string.Concat(reports.Select(r => value(r).PadLeft(width)))}");
        Console.Out.WriteLine($"{"",-16} {string.Concat(tokenizers.Select(t => t.Name.PadLeft(width)))}");
        Row("vocabulary", r => $"{r.VocabSize:N0}");
        Row("bytes per token", r => $"{r.BytesPerToken:F3}");
        Row("tokens per word", r => $"{r.Fertility:F3}");
        Row("unknown", r => $"{r.UnknownShare:P2}");
        Row("used tokens", r => $"{r.UsedShare:P1}");
        Row("Rényi 2.5", r => $"{r.RenyiEfficiency:F4}");
        Row("gives text back", r => r.Lossless ? "yes" : "no");
        Row("MB/s, one core", r => $"{r.MegabytesPerSecond:N1}");
        if (reports.Count == 1) Console.Out.WriteLine($"{"longest tokens",-16} {string.Join(" · ", reports[0].Longest.Select(t => t.ReplaceLineEndings("⏎")))}");
        if (files.Count < 2) return;
        Console.Out.WriteLine();
        Console.Out.WriteLine("tokens per word, bytes per token by file");
        foreach (var file in files)
        {
            var each = tokenizers.Select(t => Report(t.Tokenizer, [file], cancellation));
            Console.Out.WriteLine($"  {string.Concat(each.Select(r => $"{r.Fertility,8:F2} {r.BytesPerToken,7:F2}"))}   {System.IO.Path.GetRelativePath(Directory.Exists(data) ? data : ".", file)}");
        }
    }

    internal static IEnumerable<string> Texts(IReadOnlyList<string> files) => files.SelectMany(file => new SourceFiles().Read(file)).Select(document => document.Text);

    // A report is a sample: more text changes it little.
    private static IEnumerable<string> Limited(IEnumerable<string> texts)
    {
        long characters = 0;
        foreach (var text in texts)
        {
            yield return text;
            if ((characters += text.Length) > LargestReport) yield break;
        }
    }
}
