using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Shards;
using Loquat.Embeddings;
using Loquat.Layers;
using Loquat.Reporting;
using Loquat.Text.Files;
using static TorchSharp.torch;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat embed MODEL --data TEXTS`: a vector for each text.</summary>
internal static class EmbedVerb
{
    private const int LongestShown = 50, RowsAtOnce = 256;

    public static Command Create()
    {
        var model = PathOption.Argument("model", "A folder of sentence-transformers, a Hugging Face model folder, or the folder of a run.");
        var data = PathOption.Required("--data", "Texts: a line each, or documents (.jsonl, .jsonl.zst, .parquet); - reads lines from standard input.");
        var output = PathOption.Optional("--out", "Write the vectors to a file: .jsonl, or .safetensors with the tensor 'embeddings'.");
        var pooling = ChoiceOption.Optional("--pooling", "How the states of a text become one vector. Default: as the folder says, or the mean.", [.. Pooling.Names]);
        var normalize = new Option<bool>("--normalize") { Description = "Give vectors of unit length whatever the folder says." };
        var prompt = new Option<string?>("--prompt") { Description = "The name of a prompt of the folder, which is put before each text." };
        var length = NumberOption.Optional<int>("--max-length", "Tokens after which a text is cut off. Default: max_seq_length of the folder, or the model's context.");
        var batch = NumberOption.WithDefault("--batch-size", "Texts at once. Default: 32.", 32);
        var json = new Option<bool>("--json") { Description = "Print a JSON object for each text: text and embedding." };
        var verb = new Command("embed", "Turn texts into vectors whose cosine tells how alike they are in meaning. Without --json or --out: for each text the nearest other one.") { model, data, output, pooling, normalize, prompt, length, batch, json };
        verb.WithExamples("""
            loquat embed all-MiniLM-L6-v2 --data questions.txt
            loquat embed all-MiniLM-L6-v2 --data documents.jsonl --out vectors.safetensors
            echo "A cat sat on a mat." | loquat embed all-MiniLM-L6-v2 --data - --json
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var file = parsed.GetValue(output);
            if (parsed.GetValue(batch) < 1) throw new OptionsException($"--batch-size is {parsed.GetValue(batch)}; it must be 1 or more.");
            if (file is not null && !file.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) && !file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
                throw new OptionsException($"--out is '{file}'; the name must end with .jsonl or .safetensors.");
            var texts = Texts(parsed.GetValue(data)!);
            var folder = RunFolder.ModelOf(parsed.GetValue(model)!);
            var screen = new Screen(TimeProvider.System);
            using var encoder = SentenceEncoder.Load(
                folder, Placement.Of(), parsed.GetValue(pooling) is { } mode ? new() { Modes = [Pooling.Parse(mode)] } : null, parsed.GetValue(length), parsed.GetValue(normalize), cancellation);
            var watch = Stopwatch.StartNew();
            var vectors = encoder.Embed(texts, out var tokens, parsed.GetValue(prompt), parsed.GetValue(batch), (done, all) => screen.Stages.Report(new("embedding", done, all, "texts")), cancellation);
            screen.Stages.End();
            screen.Fact("embedded", FormattableString.Invariant($"{texts.Count:N0} texts, {encoder.Dimension} dimensions, {texts.Count / watch.Elapsed.TotalSeconds:N0} texts/s, {tokens / watch.Elapsed.TotalSeconds:N0} tokens/s"));
            if (file is not null) Write(file, texts, vectors, encoder.Dimension);
            if (parsed.GetValue(json)) WriteLines(StandardOutput.Open(), texts, vectors);
            else if (file is null) Nearest(texts, vectors);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static List<string> Texts(string path)
    {
        if (path != "-" && !File.Exists(path)) throw new DataException($"{path}: there is no such file. Give a UTF-8 text file with a text a line, documents (.jsonl, .jsonl.zst, .parquet), or - for standard input.");
        List<string> texts;
        switch (path == "-" ? null : ShardFormats.Of(path))
        {
            case ShardFormat.JsonLinesZstandard or ShardFormat.Parquet:
                texts = [.. DocumentShards.Read(path).Select(document => document.Text)];
                break;
            case ShardFormat.JsonLines:
                texts = [.. Lines(path).Select((line, i) => (line, i)).Where(pair => pair.line.Trim().Length > 0).Select(pair => TextOf(pair.line, $"{path}, line {pair.i + 1}"))];
                break;
            default:
                texts = [.. Lines(path).Where(line => line.Trim().Length > 0)];
                break;
        }
        return texts.Count > 0 ? texts : throw new DataException($"{(path == "-" ? "standard input" : path)}: there is no text to embed.");
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = StandardInput.Reader(path);
        while (reader.ReadLine() is { } line) yield return line;
    }

    /// <summary>Of a line of JSON: the text itself, or that of an object whatever else it holds.</summary>
    private static string TextOf(string line, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var text = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("text", out var field) ? field : json.RootElement;
            if (text.ValueKind == JsonValueKind.String) return text.GetString()!;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new DataException($"{place}: cannot be read as JSON: {error.Message}", error);
        }
        throw new DataException($"{place}: there is no text; a line must be an object with \"text\", or a text.");
    }

    private static void Write(string path, IReadOnlyList<string> texts, float[][] vectors, int dimension)
    {
        if (path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            AtomicFolder.WriteFile(path, stream => WriteLines(stream, texts, vectors));
            return;
        }
        using var scope = NewDisposeScope();
        var values = tensor(vectors.SelectMany(vector => vector).ToArray(), [vectors.Length, dimension]);
        using var temporary = new TemporaryFile();
        SafetensorsWriter.Write(temporary.Path, [("embeddings", values)]);
        AtomicFolder.WriteFile(path, stream =>
        {
            using var file = File.OpenRead(temporary.Path);
            file.CopyTo(stream);
        });
    }

    private static void WriteLines(Stream stream, IReadOnlyList<string> texts, float[][] vectors)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        for (var i = 0; i < texts.Count; i++) writer.WriteLine(JsonSerializer.Serialize(new { text = texts[i], embedding = vectors[i] }));
    }

    private static void Nearest(List<string> texts, float[][] vectors)
    {
        if (texts.Count == 1)
        {
            Console.Out.WriteLine(string.Join(' ', vectors[0].Select(value => FormattableString.Invariant($"{value:0.######}"))));
            return;
        }
        using var scope = NewDisposeScope();
        var all = tensor(vectors.SelectMany(vector => vector).ToArray(), [vectors.Length, vectors[0].Length]);
        var unit = all / all.norm(1, keepdim: true).clamp(min: 1e-12);                          // (N, D)
        for (var first = 0; first < texts.Count; first += RowsAtOnce)
        {
            using var block = NewDisposeScope();
            var rows = Math.Min(RowsAtOnce, texts.Count - first);
            var cosines = unit.narrow(0, first, rows).matmul(unit.t());                         // (n, N)
            using (var own = cosines.narrow(1, first, rows).diagonal()) own.fill_(float.NegativeInfinity);
            var (best, at) = cosines.max(1);
            for (var i = 0; i < rows; i++)
                Console.Out.WriteLine(FormattableString.Invariant($"{best[i].item<float>(),7:0.0000}  {Short(texts[first + i])}  ~  {Short(texts[(int)at[i].item<long>()])}"));
        }
    }

    private static string Short(string text) => (text.ReplaceLineEndings(" ") is var line && line.Length > LongestShown ? $"{line[..LongestShown]}…" : line);
}
