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

/// <summary>Continues a text with a causal model and its tokenizer.</summary>
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
        var end = TokenDataset.EndOfTextOf(tokenizer);
        var ids = new List<int>();
        if (end is { } start) ids.Add(start);
        ids.AddRange(tokenizer.EncodeIds(prompt));
        // A tokenizer without an end-of-text token has no beginning either: a new line is the nearest to one.
        if (ids.Count == 0) ids.AddRange(tokenizer.EncodeIds("\n"));
        if (end is { } stop && !options.EosTokenIds.Contains(stop)) options = options with { EosTokenIds = [.. options.EosTokenIds, stop] };
        return Texts(ids, options, cancellation);
    }

    /// <summary>The whole continuation.</summary>
    public string Generate(string prompt, SamplingOptions options, CancellationToken cancellation = default) => string.Concat(Stream(prompt, options, cancellation));

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
