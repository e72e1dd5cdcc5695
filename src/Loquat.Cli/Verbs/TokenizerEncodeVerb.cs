using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat tokenizer encode`: text to ids, plain or as JSON with everything that an encoding holds.</summary>
internal static class TokenizerEncodeVerb
{
    private const int LinesPerPart = 1024;

    public static Command Create()
    {
        var path = TokenizerVerb.Path();
        var file = new Argument<string>("file") { Description = "UTF-8 lines; - for standard input. Default: -.", DefaultValueFactory = _ => "-" }.Checked();
        var jsonl = new Option<bool>("--jsonl") { Description = "Read JSON objects with text, pair, add_special_tokens; write ids, tokens, offsets (code points), type ids, special mask and decoded text." };
        var batch = new Option<bool>("--batch") { Description = "Encode on all processors and tell the rate at the end." };
        var special = new Option<bool>("--special-tokens") { Description = "Add the special tokens that the tokenizer's post-processor puts around a text." };
        var alpha = NumberOption.Optional<double>("--alpha", "Cut each line by chance (subword regularization). Unigram: the weight of the tokens' scores, 0 for any way to cut. BPE: the probability of leaving a merge out. Default with --nbest-size: 0.1.");
        var nbest = NumberOption.Optional<int>("--nbest-size", "Draw from so many best ways to cut (Unigram; at most 512), or with -1 from all. 0 or 1: no chance. Default with --alpha: -1.");
        var seed = NumberOption.Optional<ulong>("--seed", "Another seed, other cuts; the same seed, the same, also with --batch. Default: 1.");
        var verb = new Command("encode", "Turn lines of text into token ids, a line each.") { path, file, jsonl, batch, special, alpha, nbest, seed };
        verb.WithExamples("""
            loquat tokenizer encode tokenizer.json text.txt
            loquat tokenizer encode tokenizer.json --jsonl cases.jsonl
            loquat tokenizer encode tokenizer.json --batch large.txt
            loquat tokenizer encode tokenizer.json text.txt --alpha 0.1 --nbest-size -1 --seed 1
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var tokenizer = Tokenizer.Load(parsed.GetValue(path)!);
            var name = parsed.GetValue(file)!;
            var encoder = new LineEncoder(tokenizer, parsed.GetValue(alpha), parsed.GetValue(nbest), parsed.GetValue(seed));
            using var output = Output();
            using var input = Open(name);
            if (parsed.GetValue(jsonl)) Objects(encoder, input, name, output, cancellation);
            else Lines(encoder, input, output.BaseStream, parsed.GetValue(special), parsed.GetValue(batch), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    /// <summary>Standard output as UTF-8, in blocks.</summary>
    internal static StreamWriter Output() => new(StandardOutput.Open(), new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };

    private static StreamReader Open(string path)
    {
        try
        {
            return StandardInput.Reader(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The tokenizer with what the command line says of chance.</summary>
    private sealed class LineEncoder
    {
        private readonly SubwordSampling? _sampling;
        private readonly ulong _seed;

        public LineEncoder(Tokenizer tokenizer, double? alpha, int? nbestSize, ulong? seed)
        {
            (Tokenizer, _seed) = (tokenizer, seed ?? 1);
            if (alpha is null && nbestSize is null)
            {
                if (seed is not null) throw new OptionsException("--seed is for sampling; give --alpha or --nbest-size too.");
                return;
            }
            _sampling = new SubwordSampling();
            _sampling = _sampling with { Alpha = alpha ?? _sampling.Alpha, NbestSize = nbestSize ?? _sampling.NbestSize };
            _sampling.CheckFor(tokenizer);
        }

        public Tokenizer Tokenizer { get; }

        public List<int> Ids(string line, long place) => _sampling is null ? Tokenizer.EncodeIds(line) : Tokenizer.SampleIds(line, _sampling, SubwordSampling.RandomFor(_seed, place));

        public TokenEncoding Encode(string text, string? pair, bool special, long place) =>
            _sampling is null ? Tokenizer.Encode(text, pair, special) : Tokenizer.Sample(text, _sampling, SubwordSampling.RandomFor(_seed, place), pair, special);
    }

    /// <summary>Some lines as they are written, and what they were made of.</summary>
    private sealed record Part(ReadOnlyMemory<byte> Text, long Bytes, long Tokens);

    private static void Lines(LineEncoder encoder, StreamReader input, Stream output, bool special, bool parallel, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        long bytes = 0, tokens = 0;
        var chunks = ReadLines(input).Chunk(LinesPerPart);
        var parts = parallel
            ? Partitioner.Create(chunks, EnumerablePartitionerOptions.NoBuffering).AsParallel().AsOrdered().WithCancellation(cancellation).WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(chunk => Encode(encoder, chunk, special))
            : chunks.Select(chunk => Encode(encoder, chunk, special));
        foreach (var part in parts)
        {
            cancellation.ThrowIfCancellationRequested();
            output.Write(part.Text.Span);
            (bytes, tokens) = (bytes + part.Bytes, tokens + part.Tokens);
        }
        output.Flush();
        if (!parallel) return;
        var seconds = watch.Elapsed.TotalSeconds;
        Console.Error.WriteLine($"{bytes / 1e6:N1} MB, {tokens:N0} tokens, {(double)bytes / Math.Max(1, tokens):F2} bytes a token, {bytes / 1e6 / seconds:N1} MB/s");
    }

    private static Part Encode(LineEncoder encoder, (string Line, long Place)[] lines, bool special)
    {
        const int LongestNumber = 11; // with the space before it
        var text = new ArrayBufferWriter<byte>(LinesPerPart * 64);
        long bytes = 0, tokens = 0;
        foreach (var (line, place) in lines)
        {
            IReadOnlyList<int> ids = special ? encoder.Encode(line, null, true, place).Ids : encoder.Ids(line, place);
            var room = text.GetSpan(ids.Count * LongestNumber + 1);
            var length = 0;
            for (var i = 0; i < ids.Count; i++)
            {
                if (i > 0) room[length++] = (byte)' ';
                Utf8Formatter.TryFormat(ids[i], room[length..], out var digits);
                length += digits;
            }
            room[length++] = (byte)'\n';
            text.Advance(length);
            (bytes, tokens) = (bytes + Encoding.UTF8.GetByteCount(line) + 1, tokens + ids.Count);
        }
        return new(text.WrittenMemory, bytes, tokens);
    }

    private static IEnumerable<(string Line, long Place)> ReadLines(StreamReader input)
    {
        for (var place = 0L; input.ReadLine() is { } line; place++) yield return (line, place);
    }

    private static void Objects(LineEncoder encoder, StreamReader input, string name, StreamWriter output, CancellationToken cancellation)
    {
        foreach (var (line, place) in ReadLines(input))
        {
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
                throw new DataException($"{name}, line {place + 1}: expected a JSON object with a string \"text\" and perhaps \"pair\" and \"add_special_tokens\": {error.Message}", error);
            }
            Write(encoder.Tokenizer, encoder.Encode(text, pair, special, place), output);
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
