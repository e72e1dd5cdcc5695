using Own = Loquat.Text.Tokenization.Tokenizer;

namespace Loquat.Benchmarks.Tokenizers;

/// <summary>The tables, each with its text and its contenders.</summary>
internal sealed class TokenizerTables(string shared, string folder, BenchmarkReport report)
{
    private const int Mega = 1_000_000;

    private readonly Lazy<TokenizerPeers> _peers = new(() => new TokenizerPeers(folder));
    private readonly Lazy<BenchmarkText> _mixed = new(() => BenchmarkText.Mixed(shared));

    public IReadOnlyList<(string Name, Action<string> Measure)> All =>
    [
        ("bpe training", BpeTraining),
        ("wordpiece training", name => Training(name, "wordpiece", 30_000)),
        ("unigram training", name => Training(name, "unigram", 8_000)),
        ("a stream of 2 GB", LongStream),
        ("encoding with GPT-2's vocabulary, English", name => Gpt2(name, BenchmarkText.English(shared))),
        ("encoding with GPT-2's vocabulary, mixed languages", name => Gpt2(name, _mixed.Value)),
        ("encoding with other models", name => OtherModels(name, "encode")),
        ("decoding with GPT-2's vocabulary", Decoding),
        ("decoding with other models", name => OtherModels(name, "decode")),
        ("loading 128,000 tokens", Loading),
    ];

    private void BpeTraining(string name)
    {
        foreach (var (megabytes, size) in new[] { (32, 8_192), (100, 32_768) })
        {
            var (path, text) = Mixed(megabytes);
            report.Head($"{name}: {megabytes} MB, {size:N0} tokens", $"GPT-2's pattern. {text} The npm package always learns 30,000 tokens, so Loquat does too in its line.");
            var own = TokenizerPeers.Own("train", "bpe", path, $"{size}", "1");
            report.Row($"Loquat, {size:N0}", own, Megabytes(path), own.Seconds);
            var same = TokenizerPeers.Own("train", "bpe", path, "30000", "1");
            report.Row("Loquat, 30,000", same, Megabytes(path), same.Seconds);
            report.Row("Hugging Face, 30,000", _peers.Value.HuggingFace(Environment.ProcessorCount, "train", "bpe", path), Megabytes(path), same.Seconds);
            report.Add("");
        }
    }

    private void Training(string name, string kind, int sizeOfPeer)
    {
        var (path, text) = Mixed(30);
        report.Head($"{name}: 30 MB, 16,000 tokens", $"{(kind == "unigram" ? "Metaspace alone." : "BERT's uncased normalizer and pre-tokenizer.")} {text} The npm package always learns {sizeOfPeer:N0} tokens.");
        var own = TokenizerPeers.Own("train", kind, path, "16000", "1");
        report.Row("Loquat, 16,000", own, Megabytes(path), own.Seconds);
        if (kind == "unigram")
        {
            var model = Path.Combine(folder, "unigram");
            report.Row("sentencepiece, 16,000", TokenizerPeers.SentencePiece("spm_train",
                [$"--input={path}", $"--model_prefix={model}", "--model_type=unigram", "--vocab_size=16000", $"--num_threads={Environment.ProcessorCount}", "--input_sentence_size=0", "--character_coverage=1.0", "--minloglevel=2"]), Megabytes(path), own.Seconds);
        }
        var same = TokenizerPeers.Own("train", kind, path, $"{sizeOfPeer}", "1");
        report.Row($"Loquat, {sizeOfPeer:N0}", same, Megabytes(path), same.Seconds);
        report.Row($"Hugging Face, {sizeOfPeer:N0}", _peers.Value.HuggingFace(Environment.ProcessorCount, "train", kind, path), Megabytes(path), same.Seconds);
        report.Add("");
    }

    private void LongStream(string name)
    {
        var (path, _) = Mixed(1000);
        report.Head($"bpe training: {name}", "GPT-2's pattern, 32,768 tokens: 1 GB of the text above, new words coming to its end, read twice.");
        var own = TokenizerPeers.Own("train", "bpe", path, "32768", "2");
        report.Row("Loquat", own, 2 * Megabytes(path), own.Seconds);
        report.Add("");
        File.Delete(path);
    }

    private void Gpt2(string name, BenchmarkText source)
    {
        var (tokenizer, path) = (Gpt2File(), Path.Combine(folder, "encode.txt"));
        source.Write(path, 10 * Mega, stories: false);
        report.Head(name, $"{Megabytes(path):F0} MB, a line at a time; threads in the first column. SharpToken encodes the first tenth.");
        foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            var own = TokenizerPeers.Own("encode", "loquat", tokenizer, path, $"{threads}");
            report.Row($"Loquat, {threads}", own, Megabytes(path), own.Seconds);
            report.Row($"Microsoft.ML.Tokenizers, {threads}", TokenizerPeers.Own("encode", "microsoft", tokenizer, path, $"{threads}"), Megabytes(path), own.Seconds);
            var part = Tenth(path);
            var sharp = TokenizerPeers.Own("encode", "sharptoken", tokenizer, part, $"{threads}");
            report.Row($"SharpToken, {threads}", sharp, Megabytes(part), own.Seconds * Megabytes(part) / Megabytes(path));
            report.Row($"Hugging Face one by one, {threads}", _peers.Value.HuggingFace(threads, "encode", tokenizer, path, "one"), Megabytes(path), own.Seconds);
            report.Row($"Hugging Face in batches, {threads}", _peers.Value.HuggingFace(threads, "encode", tokenizer, path, "batch"), Megabytes(path), own.Seconds);
        }
        report.Add("");
    }

    private void OtherModels(string name, string task)
    {
        var path = Path.Combine(folder, "other.txt");
        BenchmarkText.English(shared).Write(path, 10 * Mega, stories: false);
        report.Head(name, $"{(task == "encode" ? "10 MB" : "The ids of 10 MB")} of English, a line at a time, one thread; the tokenizers of the fixtures. sentencepiece's time is its program's, reading and writing included, less that on no text.");
        foreach (var kind in new[] { "unigram_t5", "wordpiece_bert_uncased", "metaspace_llama2", "bpe_gpt1_suffix" })
        {
            var file = Path.Combine(shared, "fixtures", "tokenizers", kind, "tokenizer.json");
            var own = Loquat(kind, file);
            if (kind.StartsWith("wordpiece", StringComparison.Ordinal)) Microsoft(kind, file, own);
            if (task == "encode") report.Row($"{kind}: Hugging Face one by one", _peers.Value.HuggingFace(1, task, file, path, "one"), Megabytes(path), own);
            report.Row($"{kind}: Hugging Face in batches", _peers.Value.HuggingFace(1, task, file, path, "batch"), Megabytes(path), own);
        }
        foreach (var kind in new[] { "unigram_nmt_nfkc.model", "bpe_llama.model" })
        {
            var file = Path.Combine(shared, "fixtures", "tokenizers", "sentencepiece", kind);
            var own = Loquat(kind, file);
            Microsoft(kind, file, own);
            var (program, option, input) = task == "encode" ? ("spm_encode", "--output_format=id", path) : ("spm_decode", "--input_format=id", Ids(file, path));
            string[] arguments = [$"--model={file}", option];
            var (empty, whole) = (TokenizerPeers.SentencePiece(program, arguments), TokenizerPeers.SentencePiece(program, arguments, input));
            report.Row($"{kind}: sentencepiece", whole with { Seconds = whole.Seconds - empty.Seconds }, Megabytes(path), own);
        }
        report.Add("");

        double Loquat(string kind, string file)
        {
            var own = Measure(file, "loquat");
            report.Row($"{kind}: Loquat", own, Megabytes(path), own.Seconds);
            return own.Seconds;
        }

        void Microsoft(string kind, string file, double own) => report.Row($"{kind}: Microsoft.ML.Tokenizers", Measure(file, "microsoft"), Megabytes(path), own);

        Measured Measure(string file, string contender) => TokenizerPeers.Own([task, contender, file, path, .. task == "encode" ? (string[])["1"] : []]);
    }

    private string Ids(string tokenizerFile, string path)
    {
        var ids = Path.Combine(folder, "ids.txt");
        var tokenizer = Own.Load(tokenizerFile);
        File.WriteAllLines(ids, File.ReadLines(path).Select(line => string.Join(' ', tokenizer.EncodeIds(line))));
        return ids;
    }

    private void Decoding(string name)
    {
        var (tokenizer, path) = (Gpt2File(), Path.Combine(folder, "decode.txt"));
        BenchmarkText.English(shared).Write(path, 10 * Mega, stories: false);
        report.Head(name, "The ids of 10 MB of English, a line at a time, one thread.");
        var own = TokenizerPeers.Own("decode", "loquat", tokenizer, path);
        report.Row("Loquat", own, Megabytes(path), own.Seconds);
        foreach (var peer in new[] { "microsoft", "sharptoken" })
            report.Row(peer == "microsoft" ? "Microsoft.ML.Tokenizers" : "SharpToken", TokenizerPeers.Own("decode", peer, tokenizer, path), Megabytes(path), own.Seconds);
        report.Row("Hugging Face in batches", _peers.Value.HuggingFace(1, "decode", tokenizer, path), Megabytes(path), own.Seconds);
        report.Add("");
    }

    private void Loading(string name)
    {
        var (path, _) = Mixed(100);
        var target = Path.Combine(folder, "128k.json");
        TokenizerPeers.Own("learn", path, "128000", target);
        report.Head(name, $"A byte-level BPE's tokenizer.json of {Megabytes(target):F1} MB, in a new process, its compilation included.");
        var own = TokenizerPeers.Own("load", target);
        report.Row("Loquat", own, Megabytes(target), own.Seconds);
        report.Row("Hugging Face", _peers.Value.HuggingFace(Environment.ProcessorCount, "load", target), Megabytes(target), own.Seconds);
        report.Add("");
    }

    private (string Path, string Note) Mixed(int megabytes)
    {
        var path = Path.Combine(folder, $"mixed-{megabytes}.txt");
        if (!File.Exists(path)) _mixed.Value.Write(path, (long)megabytes * Mega);
        return (path, $"Text: {_mixed.Value.RealBytes / 1e6:F0} MB of real text in many languages and a third as many stories; where repeated, letters are exchanged in some words.");
    }

    private string Gpt2File()
    {
        var path = Path.Combine(folder, "gpt2.json");
        if (!File.Exists(path)) Own.Load(Path.Combine(shared, "data", "tokenizers", "gpt2_vocab.json")).Save(path);
        return path;
    }

    private string Tenth(string path)
    {
        var lines = File.ReadAllLines(path);
        var part = Path.Combine(folder, "tenth.txt");
        File.WriteAllLines(part, lines[..(lines.Length / 10)]);
        return part;
    }

    private static double Megabytes(string path) => new FileInfo(path).Length / 1e6;
}
