using System.Runtime.InteropServices;
using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Generation;

/// <summary>Gives the logits of the next token of several texts that have one beginning and one length, and follows them as hypotheses take each other's places.</summary>
internal abstract class NextTokens : IDisposable
{
    /// <summary>Tokens for which there is room at first; caches grow as texts do, since the most tokens allowed may be far more than come.</summary>
    protected const int FirstTokens = 512;

    public abstract int Vocabulary { get; }

    /// <summary>What the texts begin with and the model does not write: the prompt, or the decoder's start.</summary>
    public abstract IReadOnlyList<int> Beginning { get; }

    /// <summary>The tokens that an encoder read; empty: there is none.</summary>
    public virtual int[] Source => [];

    /// <summary>The most tokens that several hypotheses may have.</summary>
    public abstract int Positions { get; }

    /// <param name="texts">All ids of each; those not seen yet are shown to the model. The first time there may be one, of which the others are copies.</param>
    /// <param name="logits">(texts, V): receives those after the last token of each.</param>
    public abstract void Read(IReadOnlyList<List<int>> texts, Span<float> logits);

    /// <summary>Text i goes on from what text <paramref name="rows"/>[i] was.</summary>
    public abstract void Reorder(ReadOnlySpan<long> rows);

    public abstract void Dispose();

    /// <summary>Of a model that continues texts or writes one from another.</summary>
    /// <param name="prompt">What <see cref="Check"/> has passed.</param>
    public static NextTokens Of(Model model, IReadOnlyList<int> prompt) => model is CausalModel causal ? new ContinuedTokens(causal, prompt) : new DecodedTokens((EncoderDecoderModel)model, prompt);

    /// <exception cref="OptionsException">The model is of another kind, the prompt is empty or too long for an encoder, or an id is not in the vocabulary.</exception>
    public static void Check(Model model, IReadOnlyList<int> prompt)
    {
        if (model is not (CausalModel or EncoderDecoderModel)) throw new OptionsException($"a {model.Config.ModelType} model writes no texts; this needs a causal model or an encoder-decoder.");
        if (prompt.Count == 0) throw new OptionsException("the prompt has no tokens; give a text, or start from the end-of-text token.");
        foreach (var id in prompt)
            if (id < 0 || id >= model.Config.VocabSize) throw new OptionsException($"the prompt holds token {id}; the model's vocabulary is 0 to {model.Config.VocabSize - 1}. The tokenizer is another model's.");
        if (model.Config is not EncoderDecoderConfig config) return;
        if (prompt.Count > config.ContextLength) throw new OptionsException($"the text has {prompt.Count} tokens; this model reads {config.ContextLength}. Give a shorter text.");
        _ = config.DecoderStart;
    }

    /// <summary>The last <paramref name="pending"/> ids of each text: (rows, pending).</summary>
    protected static Tensor Pending(IReadOnlyList<List<int>> texts, int pending, Placement placement)
    {
        var ids = new long[texts.Count * pending];
        for (var row = 0; row < texts.Count; row++)
            for (var i = 0; i < pending; i++) ids[row * pending + i] = texts[row][texts[row].Count - pending + i];
        return tensor(ids, [texts.Count, pending], device: placement.Device);
    }

    /// <param name="logits">(rows, V).</param>
    protected static void Copy(Tensor logits, Span<float> values) => MemoryMarshal.Cast<byte, float>(logits.to(ScalarType.Float32).cpu().contiguous().bytes)[..values.Length].CopyTo(values);
}

/// <summary>Texts that a causal model continues. When one text fills the context, it goes on from the last half of it.</summary>
internal sealed class ContinuedTokens : NextTokens
{
    private readonly CausalModel _model;
    private readonly ModelCache _cache;
    private int _pending;

    public ContinuedTokens(CausalModel model, IReadOnlyList<int> prompt)
    {
        (_model, Beginning) = (model, prompt);
        _pending = Math.Min(prompt.Count, Positions);
        _cache = model.NewCache(1, Math.Min(Positions, (long)_pending + FirstTokens));
    }

    public override int Vocabulary => _model.Config.VocabSize;

    public override IReadOnlyList<int> Beginning { get; }

    public override int Positions => _model.Positions;

    public override void Read(IReadOnlyList<List<int>> texts, Span<float> logits)
    {
        if (_cache.Length + _pending > Positions)
        {
            _cache.Truncate(0);
            _pending = Math.Max(1, Positions / 2);
        }
        if (_cache.Length > 0 && _model.PositionRegime(_cache.Length) != _model.PositionRegime(_cache.Length + _pending))
        {
            // The rotation changes with the length: the cached keys are turned the old way.
            _pending += (int)_cache.Length;
            _cache.Truncate(0);
        }
        if (_cache.Length + _pending > _cache.Capacity) _cache.Grow(Math.Min(Positions, 2 * (_cache.Length + _pending)));
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var hidden = _model.Hidden(Pending(texts, _pending, _model.Placement), new ForwardContext { Cache = _cache });              // (rows, T, E)
        Copy(_model.Project(hidden.narrow(1, _pending - 1, 1).reshape(texts.Count, -1)), logits);                                    // (rows, V)
        _pending = 1;
    }

    public override void Reorder(ReadOnlySpan<long> rows)
    {
        using var guard = inference_mode();
        _cache.Reorder(rows);
    }

    public override void Dispose() => _cache.Dispose();
}

/// <summary>Texts that a decoder writes from one that an encoder has read.</summary>
internal sealed class DecodedTokens : NextTokens
{
    private readonly EncoderDecoderModel _model;
    private readonly EncoderDecoderConfig _config;
    private readonly ModelCache _cache;

    public DecodedTokens(EncoderDecoderModel model, IReadOnlyList<int> source) : this(model, [source])
    {
    }

    /// <param name="sources">One for each text; the shorter are filled up.</param>
    public DecodedTokens(EncoderDecoderModel model, IReadOnlyList<IReadOnlyList<int>> sources)
    {
        (_model, _config, Source) = (model, (EncoderDecoderConfig)model.Config, [.. sources[0]]);
        Beginning = [_config.DecoderStart];
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var length = sources.Max(source => source.Count);
        var (ids, mask) = (new long[sources.Count * length], new long[sources.Count * length]);
        for (var row = 0; row < sources.Count; row++)
        {
            for (var i = 0; i < length; i++) ids[row * length + i] = i < sources[row].Count ? sources[row][i] : sources[row][^1];
            mask.AsSpan(row * length, sources[row].Count).Fill(1);
        }
        var filled = mask.Contains(0) ? tensor(mask, [sources.Count, length], device: model.Placement.Device) : null;
        var read = tensor(ids, [sources.Count, length], device: model.Placement.Device);
        _cache = model.NewCache(new EncoderOutput(model.Encode(read, new ForwardContext { AttentionMask = filled }), filled), Math.Min(Positions, FirstTokens));
    }

    public override int Vocabulary => _config.DecoderVocabularySize;

    public override IReadOnlyList<int> Beginning { get; }

    public override int[] Source { get; }

    public override int Positions => _config.ContextLength;

    public override void Read(IReadOnlyList<List<int>> texts, Span<float> logits)
    {
        var pending = texts[0].Count - (int)_cache.Length;
        if (_cache.Length + pending > _cache.Capacity) _cache.Grow(Math.Min(Positions, 2 * (_cache.Length + pending)));
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var hidden = _model.Decode(Pending(texts, pending, _model.Placement), new ForwardContext { Cache = _cache });                // (rows, T, E)
        Copy(_model.Project(hidden.narrow(1, pending - 1, 1).reshape(texts.Count, -1)), logits);                                     // (rows, V)
    }

    public override void Reorder(ReadOnlySpan<long> rows)
    {
        using var guard = inference_mode();
        _cache.Reorder(rows);
    }

    public override void Dispose() => _cache.Dispose();
}
