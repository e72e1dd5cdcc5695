using System.Text;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Generation;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The model wrote its end-of-text token.</summary>
    EndOfText,

    /// <summary>A stop sequence came.</summary>
    StopSequence,

    /// <summary>The most tokens were written.</summary>
    Length,

    /// <summary>Cancelled.</summary>
    Cancelled,
}

/// <summary>A text that a model wrote.</summary>
/// <param name="Text">What it adds to the prompt.</param>
/// <param name="TokenIds">Without the one that ended it.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Score">Of beam search: the sum of the log-probabilities divided by their number to the power of the length penalty. Null: of none.</param>
public sealed record GeneratedText(string Text, IReadOnlyList<int> TokenIds, FinishReason FinishReason, double? Score);

/// <summary>
/// Continues a text with a causal model and its tokenizer, or writes one from it with an encoder-decoder. One call at a time, since it tells of the last one; any number of
/// generators may share a model.
/// </summary>
/// <param name="model">A <see cref="CausalModel"/>, or an <see cref="EncoderDecoderModel"/>, whose encoder then reads the prompt.</param>
public sealed class TextGenerator(Model model, Tokenizer tokenizer)
{
    private readonly TokenGenerator _generator = new(model);

    /// <summary>The tokens that the last call wrote, without the one that ended it.</summary>
    public IReadOnlyList<int> TokenIds { get; private set; } = [];

    /// <summary>The tokens of the prompt of the last call, with those that the tokenizer's post-processor put.</summary>
    public IReadOnlyList<int> PromptTokenIds { get; private set; } = [];

    /// <summary>How many tokens the last call wrote.</summary>
    public int TokensWritten => TokenIds.Count;

    /// <summary>How many tokens the prompt of the last call had.</summary>
    public int PromptTokens => PromptTokenIds.Count;

    /// <summary>Why the last call ended.</summary>
    public FinishReason FinishReason { get; private set; }

    /// <summary>
    /// The continuation as it is written, in whole characters. It begins as the tokenizer's post-processor says and ends at the tokens of the model's configuration and those
    /// that the options name. It is what decoding all gives less what decoding the prompt gives, so that a space before the first word is there.
    /// </summary>
    /// <param name="prompt">May be empty: the model then starts a text of its own.</param>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public IEnumerable<string> Stream(string prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        return Continue(PromptIds.Of(prompt, tokenizer, model.Config), options, cancellation);
    }

    /// <summary>As <see cref="Stream"/>, without holding the caller: the model works on a thread of its own, which waits where the reader does.</summary>
    /// <param name="cancellation">Stops the model before its next token.</param>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IAsyncEnumerable<string> StreamAsync(string prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        options.Validated();
        return BackgroundSequence.Run(stop => Stream(prompt, options, stop), cancellation);
    }

    /// <summary>The continuation of token ids as they stand, such as those of a rendered conversation: nothing is put before them. It ends as <see cref="Stream"/> does.</summary>
    /// <param name="ids">At least one.</param>
    /// <exception cref="OptionsException">An option is out of its range, or there is no id.</exception>
    public IEnumerable<string> Continue(IReadOnlyList<int> ids, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        options = WithEnds(options);
        return Texts([.. ids], _generator.Generate(ids, options, cancellation), options, cancellation);
    }

    /// <summary>The whole continuation.</summary>
    public string Generate(string prompt, SamplingOptions options, CancellationToken cancellation = default) => string.Concat(Stream(prompt, options, cancellation));

    /// <summary>The whole continuation, without holding the caller.</summary>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<string> GenerateAsync(string prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        var text = new StringBuilder();
        await foreach (var piece in StreamAsync(prompt, options, cancellation).ConfigureAwait(false)) text.Append(piece);
        return text.ToString();
    }

    /// <summary><see cref="SamplingOptions.NumReturnSequences"/> continuations: the best hypotheses of beams, or as many draws.</summary>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public IReadOnlyList<GeneratedText> GenerateMany(string prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        var ids = PromptIds.Of(prompt, tokenizer, model.Config);
        (PromptTokenIds, options) = (ids, WithEnds(options));
        return [.. _generator.GenerateMany(ids, options, cancellation).Select(made =>
        {
            var text = string.Concat(Texts(ids, made.Ids, options, cancellation));
            return new GeneratedText(text, TokenIds, FinishReason, made.Score);
        })];
    }

    /// <summary>The best text for each of several, as many at once as are given to a batch; those of about one length go together.</summary>
    /// <param name="texts">None empty.</param>
    /// <param name="batchSize">Texts at once, 1 or more.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <returns>In the order of the texts.</returns>
    /// <exception cref="OptionsException">An option is out of its range, or a text is longer than the model reads.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<string> GenerateEach(IReadOnlyList<string> texts, SamplingOptions options, int batchSize = 32, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        if (batchSize < 1) throw new OptionsException($"{batchSize} texts cannot be written at once; it needs 1 or more.");
        options = WithEnds(options.Validated());
        List<int>[] prompts = [.. texts.Select(text => PromptIds.Of(text, tokenizer, model.Config))];
        var written = new string[texts.Count];
        var done = 0;
        foreach (var batch in Enumerable.Range(0, prompts.Length).OrderBy(i => prompts[i].Count).Chunk(batchSize))
        {
            var made = _generator.GenerateEach([.. batch.Select(i => prompts[i])], options, cancellation);
            cancellation.ThrowIfCancellationRequested();
            for (var i = 0; i < batch.Length; i++) written[batch[i]] = string.Concat(Texts(prompts[batch[i]], made[i].Ids, options, cancellation));
            progress?.Invoke(done += batch.Length);
        }
        return written;
    }

    private SamplingOptions WithEnds(SamplingOptions options) => options with { EosTokenIds = [.. model.Config.EosTokenIds.Union(options.EosTokenIds)] };

    private IEnumerable<string> Texts(List<int> ids, IEnumerable<int> tokens, SamplingOptions options, CancellationToken cancellation)
    {
        var decoder = new ContinuationDecoder(tokenizer, model is EncoderDecoderModel ? [] : ids);
        var stops = new StopSequences(options.StopSequences);
        var written = new List<int>();
        (PromptTokenIds, TokenIds) = (ids, written);
        foreach (var id in tokens)
        {
            written.Add(id);
            if (stops.Append(decoder.Append(id)) is { Length: > 0 } text) yield return text;
            if (!stops.Stopped) continue;
            FinishReason = FinishReason.StopSequence;
            yield break;
        }
        FinishReason = cancellation.IsCancellationRequested ? FinishReason.Cancelled
            : written.Count >= _generator.Most(ids, options) ? FinishReason.Length : FinishReason.EndOfText;
        var rest = stops.Append(decoder.Flush()) + stops.Flush();
        if (stops.Stopped) FinishReason = FinishReason.StopSequence;
        if (rest.Length > 0) yield return rest;
    }
}
