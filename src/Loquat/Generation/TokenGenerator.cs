using System.Runtime.InteropServices;
using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Generation;

/// <summary>
/// Continues token ids with a causal model, one token at a time, keeping the keys and values of what it has seen. Tensors never leave a
/// call: the sequence it yields is of plain numbers.
/// </summary>
public sealed class TokenGenerator(CausalModel model)
{
    /// <summary>New tokens for which there is room at first.</summary>
    private const int FirstTokens = 512;

    /// <summary>Generates until an end token, the most tokens, or cancellation.</summary>
    /// <param name="prompt">At least one id. Where it is longer than the model's context, its end counts.</param>
    /// <param name="options">How to choose; <see cref="SamplingOptions.StopSequences"/> are text and not looked at here.</param>
    /// <param name="cancellation">Ends the sequence between two tokens.</param>
    /// <returns>
    /// The new ids, without the end token. When the context is full, generation goes on from the last half of it.
    /// </returns>
    /// <exception cref="OptionsException">An option is out of its range, the prompt is empty, or an id is not in the vocabulary.</exception>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        if (prompt.Count == 0) throw new OptionsException("the prompt has no tokens; give a text, or start from the end-of-text token.");
        foreach (var id in prompt)
        {
            if (id < 0 || id >= model.Config.VocabSize)
                throw new OptionsException($"the prompt holds token {id}; the model's vocabulary is 0 to {model.Config.VocabSize - 1}. The tokenizer is another model's.");
        }
        return Tokens(prompt, new Sampler(options), options, cancellation);
    }

    private IEnumerable<int> Tokens(IReadOnlyList<int> prompt, Sampler sampler, SamplingOptions options, CancellationToken cancellation)
    {
        var context = model.Config.ContextLength;
        var most = Math.Min(options.MaxNewTokens, (options.MaxLength ?? int.MaxValue) - prompt.Count);
        var ids = new List<int>(prompt);
        var logits = new float[model.Config.VocabSize];
        // It grows as the text does: the most tokens allowed may be far more than come.
        var longest = Math.Min(context, Math.Min(prompt.Count, context) + (long)Math.Max(0, most));
        using var cache = model.NewCache(1, Math.Min(longest, Math.Min(prompt.Count, context) + FirstTokens));
        var pending = Math.Min(ids.Count, context);
        for (var made = 0; made < most && !cancellation.IsCancellationRequested; made++)
        {
            if (cache.Length + pending > context)
            {
                cache.Truncate(0);
                pending = Math.Max(1, context / 2);
            }
            if (cache.Length > 0 && model.PositionRegime(cache.Length) != model.PositionRegime(cache.Length + pending))
            {
                // The rotation changes with the length: the cached keys are turned the old way.
                pending += (int)cache.Length;
                cache.Truncate(0);
            }
            if (cache.Length + pending > cache.Capacity) cache.Grow(Math.Min(longest, 2 * (cache.Length + pending)));
            LastLogits(CollectionsMarshal.AsSpan(ids)[^pending..], cache, logits);
            var next = sampler.Next(logits, CollectionsMarshal.AsSpan(ids));
            if (options.EosTokenIds.Contains(next)) yield break;
            ids.Add(next);
            pending = 1;
            yield return next;
        }
    }

    /// <summary>Shows the model new tokens.</summary>
    /// <param name="ids">The tokens that <paramref name="cache"/> has not seen.</param>
    /// <param name="logits">(V): receives those after the last token.</param>
    private void LastLogits(ReadOnlySpan<int> ids, ModelCache cache, Span<float> logits)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var wide = new long[ids.Length];
        for (var i = 0; i < wide.Length; i++) wide[i] = ids[i];
        var input = tensor(wide, [1, wide.Length], device: model.Placement.Device);                      // (1, T)
        var hidden = model.Hidden(input, new ForwardContext { Cache = cache });                          // (1, T, E)
        var last = Linear.Apply(hidden.narrow(1, wide.Length - 1, 1).view(1, -1), model.Head.Value);     // (1, V)
        MemoryMarshal.Cast<byte, float>(last.to(ScalarType.Float32).cpu().contiguous().bytes)[..logits.Length].CopyTo(logits);
    }
}
