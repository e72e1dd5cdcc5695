using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Text.Collection.Stories;
using Loquat.Text.Files;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat corpus stories`: writes or scores the story corpus.</summary>
internal static class CorpusVerb
{
    public static Command Create()
    {
        return new Command("corpus", "Make text to learn from.") { Stories() }.WithExamples("loquat corpus stories --count 1");
    }

    private static Command Stories()
    {
        var count = NumberOption.Optional<long>("--count", "Write so many stories, 0 or more.");
        var size = new Option<string?>("--size") { Description = "Write until so many bytes are reached: 500KB, 10MB, 2GB (powers of 1000), KiB and so on (powers of 1024), or a number." };
        var seed = NumberOption.WithDefault("--seed", "The same seed gives the same bytes everywhere. Default: 1.", 1UL);
        var output = PathOption.WithDefault("--out", "The file to write, or - for standard output. Default: -.", "-");
        var jsonl = new Option<bool>("--jsonl") { Description = "One JSON object per line with text and bits, instead of plain text." };
        var score = PathOption.Optional("--score", "Read stories from this file (plain text or .jsonl, - for standard input) and print their entropy, recomputed from the text alone.");
        var verb = new Command("stories", $"Write short stories whose entropy is known exactly. In plain text a line \"{StoryCorpus.SeparatorLine}\" follows each story.") { count, size, seed, output, jsonl, score };
        verb.WithExamples("""
            loquat corpus stories --count 1
            loquat corpus stories --size 10MB --seed 7 --out stories.txt
            loquat corpus stories --count 1000 --jsonl --out stories.jsonl
            loquat corpus stories --score stories.txt
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(score) is { } scored) Score(scored);
            else Generate(parsed.GetValue(count), parsed.GetValue(size), parsed.GetValue(seed), parsed.GetValue(output)!, parsed.GetValue(jsonl), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Generate(long? count, string? size, ulong seed, string output, bool jsonl, CancellationToken cancellation)
    {
        if (count is null && size is null) throw new OptionsException("corpus stories needs an amount: --count N (stories) or --size 10MB (bytes).");
        if (count < 0) throw new OptionsException($"--count is {count}; it must be 0 or more.");
        var bytes = size is null ? long.MaxValue : ParseSize(size);
        var corpus = new StoryCorpus(seed);
        var watch = Stopwatch.StartNew();
        StoryTotals totals;
        if (output == "-")
        {
            using var stdout = StandardOutput.Open();
            totals = Write(corpus, stdout, count ?? long.MaxValue, bytes, jsonl, cancellation);
        }
        else
        {
            totals = default;
            AtomicFolder.WriteFile(output, file => totals = Write(corpus, file, count ?? long.MaxValue, bytes, jsonl, cancellation));
        }
        var rate = totals.StoryBytes / 1e6 / Math.Max(1e-9, watch.Elapsed.TotalSeconds);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{totals.Stories:N0} stories, {totals.StoryBytes:N0} bytes, {totals.Bits:N0} bits: {totals.BitsPerByte:F4} bits per byte, written at {rate:F0} MB/s"));
    }

    private static StoryTotals Write(StoryCorpus corpus, Stream destination, long count, long size, bool jsonl, CancellationToken cancellation)
    {
        if (!jsonl) return corpus.Write(destination, count, size, cancellation);
        var totals = default(StoryTotals);
        var written = 0L;
        var newLine = "\n"u8.ToArray();
        if (count == 0) return totals;
        foreach (var story in corpus.Stories())
        {
            cancellation.ThrowIfCancellationRequested();
            var line = JsonSerializer.SerializeToUtf8Bytes(new { text = story.Text, bits = story.Bits });
            destination.Write(line);
            destination.Write(newLine);
            written += line.Length + 1;
            totals = new(totals.Stories + 1, totals.StoryBytes + story.Text.Length, totals.Bits + story.Bits);
            if (totals.Stories >= count || written >= size) break;
        }
        return totals;
    }

    private static void Score(string path)
    {
        try
        {
            using var reader = StandardInput.Reader(path);
            var totals = path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? ScoreLines(reader) : StoryScorer.Score(reader);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{totals.Stories} stories, {totals.StoryBytes} bytes, {totals.Bits:F6} bits, {totals.BitsPerByte:F6} bits per byte"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"cannot read '{path}': {error.Message} Give --score a file of stories, or - for standard input.", error);
        }
    }

    private static StoryTotals ScoreLines(StreamReader reader)
    {
        var totals = default(StoryTotals);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                var text = json.RootElement.GetProperty("text").GetString() ?? "";
                totals = new(totals.Stories + 1, totals.StoryBytes + text.Length, totals.Bits + StoryScorer.Bits(text));
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new DataException($"line {number} is not a JSON object with a string \"text\": {error.Message} Write such a file with --jsonl.", error);
            }
            catch (DataException error)
            {
                throw new DataException($"line {number}: {error.Message}", error);
            }
        }
        return totals;
    }

    private static long ParseSize(string text) => ByteSize.Parse(text)
        ?? throw new OptionsException($"--size is '{text}', which is no size. Allowed: a number of 0 or more with an optional unit B, KB, MB, GB, KiB, MiB or GiB, as in 10MB.");
}
