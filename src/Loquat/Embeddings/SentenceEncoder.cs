using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Text.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Embeddings;

/// <summary>
/// Texts as vectors: a model, pooling, and what its folder says comes after (Reimers and Gurevych 2019, and the layout of sentence-transformers). Texts alike in meaning have vectors of
/// a large cosine. Safe to use from several threads.
/// </summary>
public sealed class SentenceEncoder : IDisposable
{
    private readonly Func<Tensor, ForwardContext, Tensor> _hidden;
    private readonly Tokenizer _tokenizer;
    private readonly EmbeddingModules _modules;
    private readonly IReadOnlyList<EmbeddingStage> _stages;
    private readonly int _pad;

    private SentenceEncoder(Model model, Tokenizer tokenizer, EmbeddingModules modules, Pooling? pooling, int? maxSequenceLength)
    {
        (Model, _tokenizer, _modules) = (model, tokenizer, modules);
        _hidden = model switch
        {
            EncoderModel encoder => encoder.Hidden,
            CausalModel causal => causal.Hidden,
            _ => throw new OptionsException($"a {model.Config.ModelType} model gives no states of one text; embeddings come from an encoder or a causal model."),
        };
        _pad = (model.Config as EncoderConfig)?.PadTokenId ?? 0;
        if (maxSequenceLength is { } most && (most < 1 || most > model.Config.ContextLength)) throw new OptionsException($"texts cannot be cut at {most} tokens; allowed: 1 to the {model.Config.ContextLength} positions of the model.");
        var (read, stages, width) = modules.Build(model.Config.Width, model.Placement.Device);
        if (pooling is not null && pooling.Modes.Count != read.Modes.Count)
        {
            foreach (var stage in stages) stage.Dispose();
            throw new OptionsException($"pooling has {pooling.Modes.Count} modes; the folder's modules go on from {read.Modes.Count}.");
        }
        (Pooling, _stages, Dimension) = (pooling ?? read, stages, width);
        MaxSequenceLength = maxSequenceLength ?? Math.Min(modules.MaxSequenceLength ?? model.Config.ContextLength, model.Config.ContextLength);
    }

    public Model Model { get; }

    public Pooling Pooling { get; }

    /// <summary>Elements of a vector.</summary>
    public int Dimension { get; }

    /// <summary>Tokens of a text, special ones included; what is longer is cut off at its end. Default: `max_seq_length` of the folder.</summary>
    public int MaxSequenceLength { get; }

    /// <summary>Vectors have unit length whatever the folder says. Default: as the folder says.</summary>
    public bool Normalize { get; init; }

    /// <summary>What may be put before texts, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts => _modules.Prompts;

    /// <summary>Reads a folder of sentence-transformers, or a model folder: its vectors are then means over the tokens.</summary>
    /// <param name="pooling">In place of the folder's.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, or asks for what is not built.</exception>
    /// <exception cref="MachineException">The model does not fit the memory.</exception>
    public static SentenceEncoder Load(string folder, Placement placement, Pooling? pooling = null, CancellationToken cancellation = default) =>
        Load(folder, placement, pooling, null, false, cancellation);

    /// <param name="maxSequenceLength">See <see cref="MaxSequenceLength"/>.</param>
    /// <param name="normalize">See <see cref="Normalize"/>.</param>
    /// <inheritdoc cref="Load(string, Placement, Loquat.Embeddings.Pooling?, CancellationToken)"/>
    public static SentenceEncoder Load(string folder, Placement placement, Pooling? pooling, int? maxSequenceLength, bool normalize = false, CancellationToken cancellation = default)
    {
        var modules = EmbeddingModules.Open(folder);
        var tokenizer = Tokenizer.Load(modules.Backbone).With(null, null);
        var model = ModelFolder.Load(modules.Backbone, placement, cancellation);
        try
        {
            if (tokenizer.VocabSize > model.Config.VocabSize) throw new CheckpointException($"{modules.Backbone}: the tokenizer has {tokenizer.VocabSize} tokens, the model {model.Config.VocabSize}: they do not belong together.");
            return new SentenceEncoder(model, tokenizer, modules, pooling, maxSequenceLength) { Normalize = normalize };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The vector of each text.</summary>
    /// <param name="prompt">Name of one of <see cref="Prompts"/>. Default: the folder's default, or none.</param>
    /// <param name="batchSize">Texts at once, those of like length together; speed and memory only.</param>
    /// <param name="progress">Told the texts done and all, at the start and after each batch.</param>
    /// <returns>One for each text, in their order, each of <see cref="Dimension"/> elements.</returns>
    /// <exception cref="OptionsException">There is no such prompt, or the batch size is not positive.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two batches.</exception>
    public float[][] Embed(IReadOnlyList<string> texts, string? prompt = null, int batchSize = 32, Action<int, int>? progress = null, CancellationToken cancellation = default) =>
        Embed(texts, out _, prompt, batchSize, progress, cancellation);

    /// <param name="tokens">Tokens read, special ones included.</param>
    /// <inheritdoc cref="Embed(IReadOnlyList{string}, string?, int, Action{int, int}?, CancellationToken)"/>
    public float[][] Embed(IReadOnlyList<string> texts, out long tokens, string? prompt = null, int batchSize = 32, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        if (batchSize < 1) throw new OptionsException($"{batchSize} texts cannot be read at once; it needs 1 or more.");
        var before = Prompt(prompt);
        var rows = Encode(texts, before);
        tokens = rows.Sum(row => (long)row.Length);
        var skipped = Pooling.IncludePrompt || before.Length == 0 ? 0 : PromptTokens(before);
        var vectors = new float[texts.Count][];
        int[] order = [.. Enumerable.Range(0, texts.Count).OrderByDescending(i => rows[i].Length)];
        progress?.Invoke(0, texts.Count);
        for (var first = 0; first < order.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = order.AsSpan(first, Math.Min(batchSize, order.Length - first));
            Embed(rows, batch, skipped, vectors);
            progress?.Invoke(first + batch.Length, texts.Count);
        }
        return vectors;
    }

    private void Embed(long[][] rows, ReadOnlySpan<int> batch, int skipped, float[][] vectors)
    {
        var (count, length) = (batch.Length, rows[batch[0]].Length);
        var (ids, mask, counted) = (new long[count * length], new long[count * length], new long[count * length]);
        Array.Fill(ids, _pad);
        for (var i = 0; i < count; i++)
        {
            var row = rows[batch[i]];
            row.CopyTo(ids, i * length);
            mask.AsSpan(i * length, row.Length).Fill(1);
            // A prompt that fills the whole row is all there is to pool.
            counted.AsSpan(i * length, row.Length)[(skipped < row.Length ? skipped : 0)..].Fill(1);
        }
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var device = Model.Placement.Device;
        var padded = mask.Contains(0);
        var seen = tensor(mask, [count, length], device: device);
        var hidden = _hidden(tensor(ids, [count, length], device: device), new ForwardContext { AttentionMask = padded ? seen : null });
        var y = Pooling.Apply(hidden, skipped > 0 ? tensor(counted, [count, length], device: device) : seen);
        foreach (var stage in _stages) y = stage.Apply(y);
        if (Normalize) y = new UnitLength().Apply(y);
        var values = y.cpu().contiguous().data<float>().ToArray();
        for (var i = 0; i < count; i++) vectors[batch[i]] = values[(i * Dimension)..((i + 1) * Dimension)];
    }

    private long[][] Encode(IReadOnlyList<string> texts, string before)
    {
        var tokenizer = _tokenizer.With(new TruncationOptions { MaxLength = MaxSequenceLength }, null);
        var encodings = tokenizer.EncodeBatch([.. texts.Select(text => before + (_modules.LowerCase ? text.Trim().ToLowerInvariant() : text.Trim()))]);
        return [.. encodings.Select(encoding => encoding.Ids.Count > 0 ? encoding.Ids.Select(id => (long)id).ToArray() : [Math.Max(0, Model.Config.BosTokenId ?? _pad)])];
    }

    private string Prompt(string? name) => (name ?? _modules.DefaultPrompt) is not { } wanted ? ""
        : Prompts.TryGetValue(wanted, out var text) ? text
        : throw new OptionsException($"there is no prompt '{wanted}'; {(Prompts.Count == 0 ? "this model has none" : $"there are {string.Join(", ", Prompts.Keys)}")}.");

    /// <summary>Tokens of the prompt with what begins a text, without what ends it.</summary>
    private int PromptTokens(string prompt)
    {
        var encoding = _tokenizer.Encode(prompt);
        return encoding.Count > 0 && encoding.SpecialTokensMask[^1] == 1 ? encoding.Count - 1 : encoding.Count;
    }

    public void Dispose()
    {
        Model.Dispose();
        foreach (var stage in _stages) stage.Dispose();
    }
}
