using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Segmentation;

/// <summary>A window over the tokens of a text.</summary>
/// <param name="FirstToken">Index of the first token.</param>
/// <param name="EndToken">Index after the last token.</param>
/// <param name="Text">From the first token's beginning to the last one's end.</param>
public readonly record struct TokenWindow(int FirstToken, int EndToken, TextSpan Text);

/// <summary>Cuts texts into pieces of a bounded number of tokens: fixed windows with overlap, or whole units (sentences, paragraphs) as many as fit.</summary>
public static class Windows
{
    /// <summary>Windows of <paramref name="size"/> tokens, each beginning <paramref name="size"/> − <paramref name="overlap"/> after the one before, until one reaches the end.</summary>
    /// <param name="tokens">Where the tokens lie in the text: words (<see cref="WordSpans"/>) or those of a tokenizer.</param>
    /// <param name="dropLast">Leaves out a last window that is shorter.</param>
    /// <exception cref="OptionsException">The size is below 1, or the overlap not below the size.</exception>
    public static IEnumerable<TokenWindow> Fixed(IReadOnlyList<TextSpan> tokens, int size, int overlap = 0, bool dropLast = false)
    {
        if (size < 1) throw new OptionsException($"the window's size is {size}: it must be 1 or more.");
        if (overlap < 0 || overlap >= size) throw new OptionsException($"the overlap is {overlap}: it must be from 0 to {size - 1}, below the window's size.");
        return Cut();

        IEnumerable<TokenWindow> Cut()
        {
            for (var first = 0; first < tokens.Count; first += size - overlap)
            {
                var end = Math.Min(first + size, tokens.Count);
                if (end - first == size || !dropLast) yield return new(first, end, Between(tokens[first], tokens[end - 1]));
                if (end == tokens.Count) break;
            }
        }
    }

    /// <summary>Whole units in a row, as many as fit into <paramref name="size"/> tokens; a unit that is longer stands alone.</summary>
    /// <param name="lengths">Tokens in each unit.</param>
    /// <returns>First and end index of the units of each piece.</returns>
    /// <exception cref="OptionsException">The size is below 1.</exception>
    public static IEnumerable<(int First, int End)> Packed(IReadOnlyList<int> lengths, int size)
    {
        if (size < 1) throw new OptionsException($"the window's size is {size}: it must be 1 or more.");
        return Pack();

        IEnumerable<(int, int)> Pack()
        {
            var (first, sum) = (0, 0);
            for (var i = 0; i < lengths.Count; i++)
            {
                if (i > first && sum + lengths[i] > size)
                {
                    yield return (first, i);
                    (first, sum) = (i, 0);
                }
                sum += lengths[i];
            }
            if (first < lengths.Count) yield return (first, lengths.Count);
        }
    }

    private static TextSpan Between(TextSpan first, TextSpan last) => new(first.Start, last.End - first.Start);
}
