using System.Text;
using Loquat.Models;
using Loquat.Text.Datasets;
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

    /// <summary>Tokens written by the last call.</summary>
    public int TokensWritten { get; private set; }

    /// <summary>Tokens of the prompt of the last call.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Why the last call ended.</summary>
    public FinishReason FinishReason { get; private set; }

    /// <summary>The continuation as it is written, in whole characters. It ends at the model's end-of-text token besides those that the options name.</summary>
    /// <param name="prompt">May be empty: the model then starts a text of its own.</param>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    public IEnumerable<string> Stream(string prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        var ids = new List<int>();
        if (TokenDataset.EndOfTextOf(tokenizer) is { } start) ids.Add(start);
        ids.AddRange(tokenizer.EncodeIds(prompt));
        // A tokenizer without an end-of-text token has no beginning either: a new line is the nearest to one.
        if (ids.Count == 0) ids.AddRange(tokenizer.EncodeIds("\n"));
        return Continue(ids, options, cancellation);
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
        if (TokenDataset.EndOfTextOf(tokenizer) is { } end && !options.EosTokenIds.Contains(end)) options = options with { EosTokenIds = [.. options.EosTokenIds, end] };
        return Texts([.. ids], options, cancellation);
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
        var decoder = new TokenStreamDecoder(tokenizer);
        var stops = new StopSequences(options.StopSequences);
        (PromptTokens, TokensWritten) = (ids.Count, 0);
        foreach (var id in _generator.Generate(ids, options, cancellation))
        {
            TokensWritten++;
            if (stops.Append(decoder.Append(id)) is { Length: > 0 } text) yield return text;
            if (!stops.Stopped) continue;
            FinishReason = FinishReason.StopSequence;
            yield break;
        }
        FinishReason = cancellation.IsCancellationRequested ? FinishReason.Cancelled
            : TokensWritten >= options.MaxNewTokens ? FinishReason.Length : FinishReason.EndOfText;
        if (stops.Append(decoder.Flush()) + stops.Flush() is { Length: > 0 } rest) yield return rest;
    }
}
