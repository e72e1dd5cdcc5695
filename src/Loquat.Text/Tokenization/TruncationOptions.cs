using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization;

/// <summary>Which text of a pair is cut.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, until both are equal.</summary>
    LongestFirst,

    OnlyFirst,

    OnlySecond,
}

/// <summary>How encodings are cut to a length; what is cut off goes to <see cref="TokenEncoding.Overflowing"/>.</summary>
public sealed record TruncationOptions
{
    /// <summary>Tokens in all, special tokens included.</summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>Tokens that a part shares with the one before. Default 0; less than the room that is left beside special tokens.</summary>
    public int Stride { get; init; }

    public TruncationStrategy Strategy { get; init; } = TruncationStrategy.LongestFirst;

    /// <summary>Whether the beginning is cut off instead of the end.</summary>
    public bool Left { get; init; }

    internal void Truncate(TokenRows first, TokenRows? second, int added)
    {
        var most = MaxLength - added;
        if (most < 0) throw new OptionsException($"truncation max_length is {MaxLength}, but {added} special tokens are added; set it to at least {added}.");
        var total = first.Count + (second?.Count ?? 0);
        if (most == 0)
        {
            Cut(first, 0);
            if (second is not null) Cut(second, 0);
            return;
        }
        if (total <= most) return;
        if (Strategy == TruncationStrategy.LongestFirst)
        {
            if (second is null)
            {
                Cut(first, most);
                return;
            }
            var shorter = Math.Min(first.Count, second.Count);
            var longer = shorter > most ? shorter : Math.Max(shorter, most - shorter);
            if (shorter + longer > most) (shorter, longer) = (most / 2, most / 2 + most % 2);
            Cut(first, first.Count > second.Count ? longer : shorter, second, first.Count > second.Count ? shorter : longer);
            return;
        }
        var target = Strategy == TruncationStrategy.OnlyFirst ? first : second
            ?? throw new OptionsException("truncation strategy is only_second, but there is no second text; use longest_first or give a pair.");
        var left = target.Count - (total - most);
        if (left <= 0) throw new OptionsException($"truncation to {MaxLength} tokens cannot be done on the one text of {target.Count} tokens that its strategy may cut; use longest_first or a larger max_length.");
        Cut(target, left);
    }

    private void Cut(TokenRows first, int firstLength, TokenRows second, int secondLength)
    {
        Cut(first, firstLength);
        Cut(second, secondLength);
    }

    private void Cut(TokenRows encoding, int length)
    {
        if (length > 0 && length < encoding.Count && Stride >= length)
            throw new OptionsException($"truncation stride is {Stride}, but only {length} tokens are left beside special tokens; the stride must be less.");
        encoding.Truncate(length, Stride, Left);
    }
}
