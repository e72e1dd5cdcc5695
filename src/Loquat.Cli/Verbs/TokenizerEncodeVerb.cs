using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat tokenizer encode`: text to ids, plain or as JSON with everything that an encoding holds.</summary>
internal static class TokenizerEncodeVerb
{
    private const int LinesPerBatch = 4096;

    public static Command Create()
    {
        var path = TokenizerVerb.Path();
        var file = new Argument<string>("file") { Description = "UTF-8 lines; - for standard input. Default: -.", DefaultValueFactory = _ => "-" };
        var jsonl = new Option<bool>("--jsonl") { Description = "Read JSON objects with text, pair, add_special_tokens; write ids, tokens, offsets (code points), type ids, special mask and decoded text." };
        var batch = new Option<bool>("--batch") { Description = "Encode on all processors and tell the rate at the end." };
        var special = new Option<bool>("--special-tokens") { Description = "Add the special tokens that the tokenizer's post-processor puts around a text." };
        var verb = new Command("encode", "Turn lines of text into token ids, a line each.") { path, file, jsonl, batch, special };
        verb.SetAction((parsed, cancellation) =>
        {
            var tokenizer = Tokenizer.Load(parsed.GetValue(path)!);
            var name = parsed.GetValue(file)!;
            using var output = Output();
            using var input = Open(name);
            if (parsed.GetValue(jsonl)) Objects(tokenizer, input, name, output, cancellation);
            else Lines(tokenizer, input, output, parsed.GetValue(special), parsed.GetValue(batch), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    /// <summary>Standard output as UTF-8, in blocks.</summary>
    internal static StreamWriter Output() => new(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };

    private static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path == "-" ? Console.OpenStandardInput() : File.OpenRead(path), new UTF8Encoding(false));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static void Lines(Tokenizer tokenizer, StreamReader input, StreamWriter output, bool special, bool parallel, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        long bytes = 0, tokens = 0;
        var lines = ReadLines(input);
        var encoded = parallel
            ? lines.Chunk(LinesPerBatch).AsParallel().AsOrdered().WithCancellation(cancellation).WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(chunk => chunk.Select(Encode).ToList())
            : lines.Select(line => (List<(string, List<int>)>)[Encode(line)]);
        foreach (var (line, ids) in encoded.SelectMany(chunk => chunk))
        {
            cancellation.ThrowIfCancellationRequested();
            bytes += Encoding.UTF8.GetByteCount(line) + 1;
            tokens += ids.Count;
            for (var i = 0; i < ids.Count; i++)
            {
                if (i > 0) output.Write(' ');
                output.Write(ids[i]);
            }
            output.Write('\n');
        }
        if (!parallel) return;
        output.Flush();
        var seconds = watch.Elapsed.TotalSeconds;
        Console.Error.WriteLine($"{bytes / 1e6:N1} MB, {tokens:N0} tokens, {(double)bytes / Math.Max(1, tokens):F2} bytes a token, {bytes / 1e6 / seconds:N1} MB/s");

        (string, List<int>) Encode(string line) => (line, special ? [.. tokenizer.Encode(line).Ids] : tokenizer.EncodeIds(line));
    }

    private static IEnumerable<string> ReadLines(StreamReader input)
    {
        while (input.ReadLine() is { } line) yield return line;
    }

    private static void Objects(Tokenizer tokenizer, StreamReader input, string name, StreamWriter output, CancellationToken cancellation)
    {
        var number = 0;
        foreach (var line in ReadLines(input))
        {
            number++;
            cancellation.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(line)) continue;
            string text;
            string? pair;
            bool special;
            try
            {
                using var json = JsonDocument.Parse(line);
                text = json.RootElement.GetProperty("text").GetString() ?? throw new JsonException("text is null");
                pair = json.RootElement.TryGetProperty("pair", out var second) ? second.GetString() : null;
                special = !json.RootElement.TryGetProperty("add_special_tokens", out var flag) || flag.GetBoolean();
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new DataException($"{name}, line {number}: expected a JSON object with a string \"text\" and perhaps \"pair\" and \"add_special_tokens\": {error.Message}", error);
            }
            Write(tokenizer, tokenizer.Encode(text, pair, special), output);
        }
    }

    private static void Write(Tokenizer tokenizer, TokenEncoding encoding, StreamWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            Numbers("ids", encoding.Ids);
            json.WriteStartArray("tokens");
            foreach (var token in encoding.Tokens) json.WriteStringValue(token);
            json.WriteEndArray();
            Numbers("offsets", encoding.CodePointOffsets.SelectMany(o => (int[])[o.Start, o.End]));
            Numbers("type_ids", encoding.TypeIds);
            Numbers("special_mask", encoding.SpecialTokensMask);
            json.WriteString("decoded", tokenizer.Decode(encoding.Ids));
            json.WriteString("decoded_with_special", tokenizer.Decode(encoding.Ids, skipSpecialTokens: false));
            json.WriteEndObject();

            void Numbers(string key, IEnumerable<int> values)
            {
                json.WriteStartArray(key);
                foreach (var value in values) json.WriteNumberValue(value);
                json.WriteEndArray();
            }
        }
        output.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        output.Write('\n');
    }
}
