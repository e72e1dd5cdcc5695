using Loquat.Models;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.PostProcessors;

namespace Loquat.FineTuning.Examples;

/// <summary>Texts as a model reads them: with the special tokens of its tokenizer, cut at its longest row.</summary>
public sealed class RowEncoder
{
    private readonly Tokenizer _cutting;
    private readonly int _nothing;

    /// <param name="maxLength">Tokens of a row, special ones included.</param>
    /// <exception cref="OptionsException">Rows are too short to hold the special tokens and a text.</exception>
    public RowEncoder(Tokenizer tokenizer, EncoderConfig config, int maxLength)
    {
        Tokenizer = WithSpecialTokens(tokenizer);
        if (maxLength < 8) throw new OptionsException($"training.context_length is {maxLength}; a row of examples needs 8 or more.");
        (Config, MaxLength, _cutting, _nothing) = (config, maxLength, Tokenizer.With(new TruncationOptions { MaxLength = maxLength }, null), config.PadTokenId ?? 0);
    }

    /// <summary>Neither cuts nor fills up.</summary>
    public Tokenizer Tokenizer { get; }

    public EncoderConfig Config { get; }

    public int MaxLength { get; }

    /// <summary>Examples whose end was cut off so far.</summary>
    public int Cut { get; private set; }

    /// <summary>A tokenizer that puts the special tokens around a text which an encoder's does: one that was learned here has none that does so yet.</summary>
    public static Tokenizer WithSpecialTokens(Tokenizer tokenizer)
    {
        var roles = TokenRoles.Of(tokenizer);
        var components = tokenizer.Components with { Truncation = null, Padding = null };
        if ((components.PostProcessor?.AddedTokens(pair: false) ?? 0) < 2 && roles is { Class: { } first, Separator: { } last })
            components = components with { PostProcessor = new BertProcessing((tokenizer.IdToToken(last)!, last), (tokenizer.IdToToken(first)!, first)) };
        return new Tokenizer(components);
    }

    /// <summary>Each example as one row, without labels.</summary>
    public IReadOnlyList<TaskRow> Rows(IReadOnlyList<Example> examples)
    {
        var encodings = Encode([.. examples.Select(example => (example.Text, example.Pair))]);
        return [.. encodings.Select((encoding, i) => Row(i, encoding))];
    }

    /// <summary>Texts, or pairs of texts, cut at the longest row.</summary>
    internal IReadOnlyList<TokenEncoding> Encode(IReadOnlyList<(string Text, string? Pair)> texts)
    {
        var encodings = _cutting.EncodeBatch(texts);
        Cut += encodings.Count(encoding => encoding.Overflowing.Count > 0);
        return encodings;
    }

    /// <summary>A row of an encoding; types are left out where the model knows none or all are 0.</summary>
    public TaskRow Row(int example, TokenEncoding encoding) => new(example, encoding.Ids.Count > 0 ? [.. encoding.Ids] : [_nothing])
    {
        TypeIds = Config.TokenTypes > 1 && encoding.TypeIds.Any(type => type != 0) ? [.. encoding.TypeIds] : null,
    };
}
