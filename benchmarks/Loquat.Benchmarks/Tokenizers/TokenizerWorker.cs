using System.Diagnostics;
using System.Globalization;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Models.WordPiece;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.PreTokenizers;
using Peer = Microsoft.ML.Tokenizers;

namespace Loquat.Benchmarks.Tokenizers;

/// <summary>One measurement in a process of its own: prints seconds and the peak of memory in MiB.</summary>
internal static class TokenizerWorker
{
    private const int Passes = 3; // at least
    private const double Seconds = 2; // of passes at least, so that the code is compiled fully

    public static int Run(ReadOnlySpan<string> task)
    {
        var seconds = task switch
        {
            ["train", var kind, var path, var size, var repeats] => Train(kind, path, Number(size), Number(repeats)),
            ["learn", var path, var size, var target] => Learn(path, Number(size), target),
            ["encode", var name, var tokenizer, var path, var threads] => Encode(name, tokenizer, File.ReadAllLines(path), Number(threads)),
            ["decode", var name, var tokenizer, var path] => Decode(name, tokenizer, File.ReadAllLines(path)),
            ["load", var tokenizer] => Time(() => Tokenizer.Load(tokenizer)),
            _ => throw new OptionsException($"no task '{string.Join(' ', task.ToArray())}'."),
        };
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:F4}\t{Worker.PeakMemory():F0}"));
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>The least of some passes, after a part to compile the code.</summary>
    private static double Least(Action warm, Action pass)
    {
        warm();
        warm();
        var (least, sum) = (double.MaxValue, 0.0);
        for (var i = 0; i < Passes || sum < Seconds; i++)
        {
            var seconds = Time(pass);
            (least, sum) = (Math.Min(least, seconds), sum + seconds);
        }
        return least;
    }

    private static double Train(string kind, string path, int size, int repeats) => Time(() =>
    {
        using var text = new RepeatedFile(path, repeats);
        switch (kind)
        {
            case "bpe":
                BpeTrainer.Learn(WordCounts.Read(text, WordSplitter.ByteLevel(SplitPattern.Gpt2)), new() { VocabSize = size });
                break;
            case "wordpiece":
                WordPieceTrainer.Learn(WordCounts.Read(text, WordSplitter.From(new BertNormalizer(), new BertPreTokenizer())), new() { VocabSize = size });
                break;
            default:
                UnigramTrainer.Learn(WordCounts.Read(text, WordSplitter.From(null, new MetaspacePreTokenizer())), new() { VocabSize = size });
                break;
        }
    });

    private static double Learn(string path, int size, string target) =>
        Time(() => TokenizerTraining.ByteLevelBpe(File.ReadLines(path).Select(l => l + "\n"), new() { VocabSize = size }).Save(target));

    private static double Encode(string name, string tokenizer, string[] lines, int threads)
    {
        var some = lines[..Math.Min(lines.Length, 2000)];
        switch (name)
        {
            case "loquat":
                var own = Tokenizer.Load(tokenizer);
                var ids = new List<int>();
                return Least(() => One(some), () => One(lines));

                void One(string[] texts)
                {
                    if (threads > 1)
                    {
                        own.EncodeIdsBatch(texts, threads);
                        return;
                    }
                    foreach (var text in texts)
                    {
                        ids.Clear();
                        own.EncodeIds(text.AsSpan(), ids);
                    }
                }

            case "microsoft":
                var peer = Microsoft(tokenizer);
                return Least(() => All(some, threads, t => peer.EncodeToIds(t)), () => All(lines, threads, t => peer.EncodeToIds(t)));
            default:
                var sharp = SharpToken.GptEncoding.GetEncoding("r50k_base");
                HashSet<string> special = ["<|endoftext|>"];
                return Least(() => All(some, threads, t => sharp.Encode(t, special)), () => All(lines, threads, t => sharp.Encode(t, special)));
        }
    }

    private static double Decode(string name, string tokenizer, string[] lines)
    {
        var own = Tokenizer.Load(tokenizer);
        var ids = lines.Select(own.EncodeIds).ToArray();
        var some = ids[..Math.Min(ids.Length, 2000)];
        switch (name)
        {
            case "loquat":
                return Least(() => All(some, 1, i => own.Decode(i)), () => All(ids, 1, i => own.Decode(i)));
            case "microsoft":
                var peer = Microsoft(tokenizer);
                return Least(() => All(some, 1, i => peer.Decode(i)), () => All(ids, 1, i => peer.Decode(i)));
            default:
                var sharp = SharpToken.GptEncoding.GetEncoding("r50k_base");
                return Least(() => All(some, 1, i => sharp.Decode(i)), () => All(ids, 1, i => sharp.Decode(i)));
        }
    }

    /// <summary>The peer's tokenizer for a file: of sentencepiece's, of BERT's, else GPT-2's.</summary>
    private static Peer.Tokenizer Microsoft(string path)
    {
        if (path.EndsWith(".model", StringComparison.Ordinal))
        {
            using var file = File.OpenRead(path);
            return Peer.SentencePieceTokenizer.Create(file, addBeginningOfSentence: false, addEndOfSentence: false);
        }
        var own = Tokenizer.Load(path);
        if (own.Components.Model is not WordPieceModel) return Peer.TiktokenTokenizer.CreateForModel("gpt-2");
        var tokens = Enumerable.Range(0, own.VocabSize).Select(id => own.IdToToken(id) + "\n");
        return Peer.BertTokenizer.Create(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(string.Concat(tokens))));
    }

    private static void All<T>(T[] items, int threads, Action<T> action)
    {
        if (threads > 1)
        {
            Parallel.ForEach(items, new ParallelOptions { MaxDegreeOfParallelism = threads }, action);
            return;
        }
        foreach (var item in items) action(item);
    }
}
