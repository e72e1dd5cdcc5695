using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Loquat.Text.Collection;
using Loquat.Text.Files;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Datasets;

/// <summary>
/// A corpus as tokens: `tokenizer.json`, `train.tokens` and `validation.tokens` in one folder. Made once: <see cref="Prepare"/> finds what an
/// earlier call with the same corpus and tokenizer made.
/// </summary>
public sealed class TokenDataset : IDisposable
{
    private const string TokenizerFile = "tokenizer.json";
    private const string TrainingFile = "train.tokens";
    private const string ValidationFile = "validation.tokens";
    private const string KeyFile = "key";
    private const string MemoryFile = "text.json";
    private const string NotesFile = "notes.txt";
    private const int Version = 1;
    private const int CharactersPerBatch = 1 << 17;
    private const ulong SamplingSeed = 1; // passes differ by their documents' places

    private static readonly string[] _endTokens = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[SEP]"];

    private TokenDataset(string folder)
    {
        Key = ReadIfThere(Path.Combine(folder, KeyFile));
        Notes = ReadIfThere(Path.Combine(folder, NotesFile))?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];
        TokenizerPath = Path.Combine(folder, TokenizerFile);
        Tokenizer = Tokenizer.Load(TokenizerPath);
        Training = TokenShard.Open(Path.Combine(folder, TrainingFile));
        try
        {
            Validation = TokenShard.Open(Path.Combine(folder, ValidationFile));
        }
        catch
        {
            Training.Dispose();
            throw;
        }
    }

    public Tokenizer Tokenizer { get; }

    /// <summary>What it was made from: the text's and the tokenizer's fingerprints. Null where that is not known.</summary>
    public string? Key { get; }

    /// <summary>What was found when it was made (<see cref="IDocumentEncoder.Notes"/>), a line each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Why <see cref="Prepare"/> made it anew although it was there: which file was damaged or missing. Null where it was not.</summary>
    public string? Mended { get; private init; }

    public string TokenizerPath { get; }

    public TokenShard Training { get; }

    public TokenShard Validation { get; }

    /// <summary>The token that ends each document; null where the tokenizer has none, as one of characters.</summary>
    public int? EndOfText => EndOfTextOf(Tokenizer);

    /// <summary>The token that ends a document in a tokenizer's vocabulary, by the names in use; null where there is none.</summary>
    public static int? EndOfTextOf(Tokenizer tokenizer) =>
        _endTokens.Where(tokenizer.SpecialTokens.Contains).Select(tokenizer.TokenToId).FirstOrDefault(id => id is not null);

    /// <summary>Opens what lies in a folder.</summary>
    /// <exception cref="DataException">A file is missing or damaged.</exception>
    public static TokenDataset Open(string folder) => new(folder);

    /// <summary>Opens what lies in a folder, where every byte of it is as it was written.</summary>
    /// <param name="fault">What is damaged or missing; null where the data set is whole.</param>
    /// <returns>Null where there is a fault.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static TokenDataset? OpenWhole(string folder, out string? fault, Action<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        AtomicFolder.Recover(folder);
        TokenDataset? dataset = null;
        try
        {
            dataset = new(folder);
            fault = dataset.Key is null ? $"{Path.Combine(folder, KeyFile)}: cannot be read" : null;
            var hash = FileHash.Of(dataset.TokenizerPath);
            var (done, total) = (0L, dataset.Training.Header.PayloadBytes + dataset.Validation.Header.PayloadBytes);
            foreach (var shard in (TokenShard[])[dataset.Training, dataset.Validation])
            {
                if (shard.Header.TokenizerHash != hash) fault = $"{dataset.TokenizerPath}: not the tokenizer that made {shard.Path}";
                shard.Verify(bytes => progress?.Invoke(new("checking the tokens", done += bytes, total, "bytes")), cancellation);
            }
        }
        catch (DataException error)
        {
            fault = error.Message;
        }
        catch
        {
            dataset?.Dispose();
            throw;
        }
        if (fault is null) return dataset;
        dataset?.Dispose();
        return null;
    }

    /// <summary>What an earlier <see cref="Prepare"/> remembered of the text: see <see cref="ITextCorpus.Memory"/>. Null where there is nothing.</summary>
    public static string? MemoryOf(string folder)
    {
        AtomicFolder.Recover(folder);
        return ReadIfThere(Path.Combine(folder, MemoryFile));
    }

    /// <summary>The <see cref="Key"/> that a data set of this text and tokenizer has.</summary>
    /// <exception cref="DataException">The tokenizer's file cannot be read.</exception>
    public static string KeyOf(ITextCorpus corpus, TokenizerChoice choice) => $"{Version}:{corpus.Fingerprint}:{choice.Fingerprint}";

    /// <summary>
    /// Learns the tokenizer and writes the tokens of both splits, unless the folder holds them already, whole to the last byte. With <see cref="TokenizerChoice.SamplingPasses"/> the training split
    /// holds its text so many times, one pass after the other.
    /// </summary>
    /// <param name="folder">Created where absent; replaced as a whole when the work is done.</param>
    /// <exception cref="DataException">The text cannot be read, or there is too little of it.</exception>
    /// <exception cref="OptionsException">The text does not allow the vocabulary asked for, or the tokenizer cannot be sampled from.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was changed.</exception>
    public static TokenDataset Prepare(ITextCorpus corpus, TokenizerChoice choice, string folder, Action<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        var key = KeyOf(corpus, choice);
        AtomicFolder.Recover(folder);
        string? fault = null;
        if (ReadIfThere(Path.Combine(folder, KeyFile)) == key && OpenWhole(folder, out fault, progress, cancellation) is { } made)
        {
            Remember(folder, corpus);
            return made;
        }
        AtomicFolder.Write(folder, temporary =>
        {
            var learnedFrom = Math.Min(corpus.Bytes, choice.TrainingBytes);
            var tokenizer = choice.Make(corpus, read => progress?.Invoke(new("learning the tokenizer", Math.Min(read, learnedFrom), learnedFrom, "bytes")), cancellation);
            var file = Path.Combine(temporary, TokenizerFile);
            tokenizer.Save(file);
            var hash = FileHash.Of(file);
            long done = 0;
            void Count(long bytes) => progress?.Invoke(new("encoding", done += bytes, corpus.Bytes, "bytes"));
            var training = Path.Combine(temporary, TrainingFile);
            if (choice.Documents is { } documents) Encode(corpus.Training(), documents, tokenizer, hash, training, Count, cancellation);
            else if (choice.SamplingPasses > 0) Sample(corpus, choice, tokenizer, hash, training, Count, cancellation);
            else Encode(corpus.Training(), tokenizer, hash, training, Count, cancellation);
            var validation = Path.Combine(temporary, ValidationFile);
            if (choice.Documents is { } others) Encode(corpus.Validation(), others, tokenizer, hash, validation, Count, cancellation);
            else Encode(corpus.Validation(), tokenizer, hash, validation, Count, cancellation);
            choice.Documents?.WriteBeside(tokenizer, temporary);
            if (choice.Documents is { Notes.Count: > 0 } told) File.WriteAllLines(Path.Combine(temporary, NotesFile), told.Notes);
            File.WriteAllText(Path.Combine(temporary, KeyFile), key);
            Remember(temporary, corpus);
        });
        return new(folder) { Mended = fault };
    }

    /// <summary>Writes documents as one shard, encoding on all processors.</summary>
    public static void Encode(IEnumerable<TextDocument> documents, Tokenizer tokenizer, ulong tokenizerHash, string path, Action<long>? bytesDone, CancellationToken cancellation) =>
        Encode(documents, (text, _) => tokenizer.EncodeIds(text), tokenizer, tokenizerHash, path, bytesDone, cancellation);

    // Progress counts the text once, however many passes there are.
    private static void Sample(ITextCorpus corpus, TokenizerChoice choice, Tokenizer tokenizer, ulong tokenizerHash, string path, Action<long> bytesDone, CancellationToken cancellation)
    {
        choice.Sampling.CheckFor(tokenizer);
        var documents = Enumerable.Range(0, choice.SamplingPasses).SelectMany(_ => corpus.Training());
        long read = 0, told = 0;
        Encode(documents, (text, place) => tokenizer.SampleIds(text, choice.Sampling, SubwordSampling.RandomFor(SamplingSeed, place)), tokenizer, tokenizerHash, path, bytes =>
        {
            read += bytes;
            bytesDone(read / choice.SamplingPasses - told);
            told = read / choice.SamplingPasses;
        }, cancellation);
    }

    private static void Encode(IEnumerable<TextDocument> documents, Func<string, long, List<int>> encode, Tokenizer tokenizer, ulong tokenizerHash, string path, Action<long>? bytesDone, CancellationToken cancellation)
    {
        var end = EndOfTextOf(tokenizer);
        using var writer = new TokenShardWriter(path, tokenizer.VocabSize, tokenizerHash);
        try
        {
            foreach (var (document, ids) in InParallel(documents, one => Ended(one.Document, encode(one.Document.Text, one.Place), end), cancellation))
            {
                var bytes = Encoding.UTF8.GetByteCount(document.Text);
                writer.Write(CollectionsMarshal.AsSpan(ids), bytes, document.Bits, document.Ends);
                bytesDone?.Invoke(bytes);
            }
        }
        catch (AggregateException error) when (error.InnerException is LoquatException inner)
        {
            throw inner;
        }
        writer.Complete();
    }

    private static void Encode(IEnumerable<TextDocument> documents, IDocumentEncoder encoder, Tokenizer tokenizer, ulong tokenizerHash, string path, Action<long> bytesDone, CancellationToken cancellation)
    {
        using var writer = new TokenShardWriter(path, tokenizer.VocabSize, tokenizerHash);
        try
        {
            foreach (var (document, rows) in InParallel(documents, one => encoder.Encode(one.Document, tokenizer), cancellation))
            {
                var bytes = Encoding.UTF8.GetByteCount(document.Text);
                foreach (var (i, row) in rows.Index()) writer.Write(CollectionsMarshal.AsSpan(row), i == 0 ? bytes : 0);
                bytesDone(bytes);
            }
        }
        catch (AggregateException error) when (error.InnerException is LoquatException inner)
        {
            throw inner;
        }
        writer.Complete();
    }

    /// <summary>What documents become, in their order, on all processors.</summary>
    private static IEnumerable<(TextDocument Document, T Made)> InParallel<T>(IEnumerable<TextDocument> documents, Func<(TextDocument Document, long Place), T> make, CancellationToken cancellation)
    {
        // Without buffering: PLINQ's own chunks would hold hundreds of batches.
        var made = Partitioner.Create(Batches(documents), EnumerablePartitionerOptions.NoBuffering).AsParallel().AsOrdered().WithCancellation(cancellation)
            .WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(batch => batch.ConvertAll(one => (one.Document, make(one))));
        return made.AsEnumerable().SelectMany(batch => batch);
    }

    private static void Remember(string folder, ITextCorpus corpus)
    {
        if (corpus.Memory is { } memory && ReadIfThere(Path.Combine(folder, MemoryFile)) != memory)
            AtomicFolder.WriteFile(Path.Combine(folder, MemoryFile), file => file.Write(Encoding.UTF8.GetBytes(memory)));
    }

    private static string? ReadIfThere(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static List<int> Ended(TextDocument document, List<int> ids, int? end)
    {
        if (document.Ends && end is { } id) ids.Add(id);
        return ids;
    }

    private static IEnumerable<List<(TextDocument Document, long Place)>> Batches(IEnumerable<TextDocument> documents)
    {
        var batch = new List<(TextDocument Document, long Place)>();
        var (characters, place) = (0, 0L);
        foreach (var document in documents)
        {
            batch.Add((document, place++));
            if ((characters += document.Text.Length) < CharactersPerBatch) continue;
            yield return batch;
            (batch, characters) = ([], 0);
        }
        if (batch.Count > 0) yield return batch;
    }

    public void Dispose()
    {
        Training.Dispose();
        Validation.Dispose();
    }
}
