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

/// <summary>
/// Continues a text with a causal model and its tokenizer. One call at a time, since it tells of the last one; any number of generators may share a model.
/// </summary>
public sealed class TextGenerator(CausalModel model, Tokenizer tokenizer)
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
        return Texts([.. ids], options with { EosTokenIds = [.. model.Config.EosTokenIds.Union(options.EosTokenIds)] }, cancellation);
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

    private IEnumerable<string> Texts(List<int> ids, SamplingOptions options, CancellationToken cancellation)
    {
        var decoder = new ContinuationDecoder(tokenizer, ids);
        var stops = new StopSequences(options.StopSequences);
        var written = new List<int>();
        (PromptTokenIds, TokenIds) = (ids, written);
        foreach (var id in _generator.Generate(ids, options, cancellation))
        {
            written.Add(id);
            if (stops.Append(decoder.Append(id)) is { Length: > 0 } text) yield return text;
            if (!stops.Stopped) continue;
            FinishReason = FinishReason.StopSequence;
            yield break;
        }
        FinishReason = cancellation.IsCancellationRequested ? FinishReason.Cancelled
            : written.Count >= Math.Min(options.MaxNewTokens, (options.MaxLength ?? int.MaxValue) - ids.Count) ? FinishReason.Length : FinishReason.EndOfText;
        var rest = stops.Append(decoder.Flush()) + stops.Flush();
        if (stops.Stopped) FinishReason = FinishReason.StopSequence;
        if (rest.Length > 0) yield return rest;
    }
}
